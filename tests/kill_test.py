#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments under load, a hundred times: every acknowledged object is there, none is half there, stamps never repeat.
import random, sys, os, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

ROUNDS = int(os.environ.get("MUSUBI_KILLS", "100"))
seed = int(os.environ.get("MUSUBI_SEED", str(random.randrange(1 << 30))))
note(f"seed {seed}: MUSUBI_SEED={seed} repeats it")
random.seed(seed)
hub = Hub("kill")
member = hub.member("Source")
token = hub.token(member)["token"]
hub.config("rate.requests", 0)
acknowledged, sent, lock = {}, {}, threading.Lock()


def submit(stop):
    while not stop.is_set():
        batch = [malware(f"m{random.randrange(10**9)}") for _ in range(random.choice([1, 1, 5, 50]))]
        with lock:
            sent.update({o["id"]: o for o in batch})
        try:
            status, _, body = hub.request("POST", "/taxii2/hub/collections/shared/objects/", token, {"objects": batch})
        except OSError:
            return
        except Exception:
            return
        if status == 202 and body.get("failure_count") == 0 and body.get("pending_count", 0) == 0:
            with lock:
                acknowledged.update({o["id"]: o for o in batch})


stamps, after, seen, lost, broken, repeated = set(), None, {}, 0, 0, 0
for i in range(ROUNDS):
    hub.start()
    stop = threading.Event()
    threads = [threading.Thread(target=submit, args=(stop,)) for _ in range(4)]
    for t in threads:
        t.start()
    time.sleep(random.uniform(0.02, 0.25))
    hub.stop(signal.SIGKILL)
    stop.set()
    for t in threads:
        t.join()
hub.start()
next = None
while True:
    status, headers, body = hub.request("GET", "/taxii2/hub/collections/shared/manifest/?limit=1000" + (f"&next={next}" if next else ""), token)
    for m in body.get("objects", []):
        repeated += m["date_added"] in stamps
        stamps.add(m["date_added"])
    next = body.get("next")
    if not body.get("more"):
        break
for o in hub.objects(token, limit=1000):
    seen[o["id"]] = o
lost = [i for i in acknowledged if i not in seen]
broken = [i for i in seen if seen[i] != sent.get(i)]
note(f"{len(acknowledged)} acknowledged, {len(seen)} there, {len(sent)} sent, {ROUNDS} kills")
ok(len(acknowledged) > ROUNDS, "objects were acknowledged between the kills", len(acknowledged))
ok(not lost, "every acknowledged object is there", len(lost), lost[:5])
ok(not broken, "none is half there", broken[:5])
ok(repeated == 0 and len(stamps) == len(seen), "stamps never repeat", repeated, len(stamps), len(seen))
hub.stop()
r = run("check", hub.dir, status=None)
ok(r.returncode == 0, "musubi check finds nothing wrong", r.stdout.decode(), r.stderr.decode())
done()
