#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# A whole running hub whose disk is full, has become read-only or fails: requests fail with a clear error, reading goes on, nothing acknowledged is lost, nothing
# is half there, and the hub recovers by itself when the disk does.  Full and read-only are real file systems in a mount namespace of our own, where that is
# allowed; failing writes are a library put before libc (faulty_disk.c).
import errno, os, shutil, subprocess, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *
import musubi

MOUNTS = "MUSUBI_DISK_TEST_MOUNTS"
if MOUNTS not in os.environ:  # once more in a mount namespace of our own, as root or as root of a user namespace
    for how in (["unshare", "-m"], ["unshare", "-rm"]):
        probe = subprocess.run([*how, "mount", "-t", "tmpfs", "none", "/mnt"], stdin=subprocess.DEVNULL, capture_output=True) if shutil.which("unshare") else None
        if probe and probe.returncode == 0:
            os.environ[MOUNTS] = "yes"
            os.execvp("unshare", [*how, sys.executable, *sys.argv])
    os.environ[MOUNTS] = ""
MAY_MOUNT = os.environ[MOUNTS] == "yes"


class Load:
    """Clients that submit and a reader that pages, each object remembered with what was said of it."""

    def __init__(self, hub, token, reader):
        self.hub, self.token, self.reader = hub, token, reader
        self.acknowledged, self.sent, self.lock = {}, {}, threading.Lock()
        self.refusals, self.odd, self.reads = {}, [], {200: 0}

    def submit(self, n=1, size=0):
        batch = [malware(f"m{i}", description="x" * size) for i in range(n)]
        with self.lock:
            self.sent.update({o["id"]: o for o in batch})
        status, headers, body = self.hub.request("POST", "/taxii2/hub/collections/shared/objects/", self.token, {"objects": batch})
        with self.lock:
            if status == 202 and body["success_count"] == n:
                self.acknowledged.update({o["id"]: o for o in batch})
            elif status in (503, 507) and isinstance(body, dict) and body.get("description") and headers.get("content-type", "").startswith("application/taxii+json"):
                self.refusals[body["description"]] = self.refusals.get(body["description"], 0) + 1
            else:
                self.odd.append((status, str(body)[:300]))
        return status

    def read(self):
        status, _, body = self.hub.request("GET", "/taxii2/hub/collections/shared/objects/?limit=50", self.reader)
        with self.lock:
            self.reads[status] = self.reads.get(status, 0) + 1
        return status

    def run(self, seconds, writers=3, size=3000):
        """For so long, and until each has been answered once."""
        end = time.time() + seconds

        def loop(what):
            first = True
            while first or time.time() < end:
                first = False
                try:
                    what()
                except OSError as x:
                    with self.lock:
                        self.odd.append(repr(x))
        threads = [threading.Thread(target=loop, args=(lambda i=i: self.submit((1, 5, 40)[i % 3], size),)) for i in range(writers)]
        threads.append(threading.Thread(target=loop, args=(self.read,)))
        for t in threads:
            t.start()
        for t in threads:
            t.join()


def settle(hub, load, what):
    """What must hold once the disk is well again."""
    ok(wait_for(lambda: load.submit() == 202), f"{what}: submissions are taken again without a restart", load.refusals, load.odd[:3])
    there = {o["id"]: o for o in hub.objects(load.token, limit=1000)}
    lost = [i for i in load.acknowledged if there.get(i) != load.acknowledged[i]]
    broken = [i for i in there if there[i] != load.sent.get(i)]
    note(f"{what}: {len(load.sent)} sent, {len(load.acknowledged)} acknowledged, {len(there)} there, reads {load.reads}")
    for words, n in load.refusals.items():
        note(f"{what}: {n} times: {words}")
    ok(not lost, f"{what}: every acknowledged object is there", len(lost), lost[:3])
    ok(not broken, f"{what}: none is half there", broken[:3])
    ok(not load.odd, f"{what}: every refusal was an error resource with a sentence", *load.odd[:5])


def clean(hub, what):
    r = run("check", hub.dir, status=None)
    ok(r.returncode == 0, f"{what}: musubi check finds nothing wrong", r.stdout.decode(), r.stderr.decode())


def community(directory):
    hub = Hub("disk", directory=directory)
    hub.config("rate.requests", 0)
    source, reader = hub.member("Source"), hub.member("Reader")
    return hub, Load(hub, hub.token(source)["token"], hub.token(reader)["token"])


def follower(hub, name):
    """A second hub on a good disk that pulls from the first, and a token of a member there."""
    other = Hub(name, "TH").start()
    introduce(hub, other)
    return other, other.token(other.member("Far", "TH"))["token"]


# ---- a disk that fails when told to ----

def shim():
    to = os.path.join(tempfile.mkdtemp(prefix="musubi-disk-"), "faulty_disk.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faulty_disk.c")
    made = subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-o", to, source, "-ldl"], capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(made.stderr)
    return to


class Faults:
    """Hubs started within this have a disk that can be told to fail."""

    def __init__(self):
        self.told = os.path.join(tempfile.mkdtemp(prefix="musubi-disk-"), "error")
        linked = subprocess.run(["ldd", BIN], capture_output=True, text=True).stdout.splitlines()
        first = [l.split("=>")[1].split()[0] for l in linked if "libasan" in l or "libtsan" in l]  # a sanitizer's run time wants to be the first
        self.environment = {"LD_PRELOAD": ":".join(first + [shim()]), "MUSUBI_FAULTY_DISK": self.told}

    def start(self, hub):
        os.environ.update(self.environment)
        try:
            hub.start()
        finally:
            for k in self.environment:
                del os.environ[k]

    def fail(self, number):
        with open(self.told + ".new", "w") as f:
            f.write(str(number))
        os.rename(self.told + ".new", self.told)

    def heal(self):
        if os.path.exists(self.told):
            os.unlink(self.told)


faults = Faults()
hub, load = community(None)
faults.start(hub)
far, far_token = follower(hub, "far")
load.run(1)
ok(len(load.acknowledged) > 0 and load.reads[200] > 0, "a good disk: submissions are taken and read", load.odd[:3])
hub.objects(load.reader, limit=1000)
for number in (errno.ENOSPC, errno.EROFS, errno.EIO):
    name = errno.errorcode[number]
    before, load.refusals, load.reads = len(load.acknowledged), {}, {200: 0}
    faults.fail(number)
    load.run(2)
    ok(load.refusals and len(load.acknowledged) == before, f"{name}: nothing is acknowledged, each submission is refused", len(load.acknowledged) - before, load.refusals)
    ok(load.reads[200] > 0 and len(load.reads) == 1, f"{name}: what was given once can be read all the time", load.reads)
    status, _, body = hub.request("GET", "/readyz", headers={"Accept": "application/json"})
    ok(status == 503, f"{name}: readyz says that nothing can be written", status, body)
    ok(hub.request("GET", "/healthz", headers={"Accept": "*/*"})[0] == 200, f"{name}: the hub lives")
    faults.heal()
    ok(wait_for(lambda: hub.request("GET", "/readyz", headers={"Accept": "*/*"})[0] == 200), f"{name}: the hub finds out by itself that the disk is well")
    settle(hub, load, name)
there = wait_for(lambda: set(load.acknowledged) <= {o["id"] for o in far.objects(far_token, limit=1000)}, 30)
ok(there, "a second hub has everything in the end")

# The second hub's own disk fails while it takes in.
far.stop()
faults.start(far)
faults.fail(errno.ENOSPC)
load.run(1)
time.sleep(1)
faults.heal()
there = wait_for(lambda: set(load.acknowledged) <= {o["id"] for o in far.objects(far_token, limit=1000)}, 40)
ok(there, "a hub whose own disk was full takes in what it missed", len(load.acknowledged))
hub.stop()
far.stop()
clean(hub, "failed writes")
clean(far, "failed writes, second hub")

# ---- a disk that is really full ----

if not MAY_MOUNT:
    note("left out: a full and a read-only file system, because mounts are not allowed here")
    done()
disk = tempfile.mkdtemp(prefix="musubi-disk-")
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "none", disk], check=True)
hub, load = community(os.path.join(disk, "hub"))
hub.start()
far, far_token = follower(hub, "far")
end = time.time() + 60
while not load.refusals and not load.odd and time.time() < end:
    load.run(1, size=60000)
ok(load.refusals, "full: submissions are refused when there is no room left", load.odd[:3])
load.reads = {200: 0}
load.run(2, size=60000)
ok(load.reads[200] > 0 and len(load.reads) == 1, "full: reading goes on", load.reads)
got = {o["id"] for o in hub.objects(load.reader, limit=1000)}
ok(set(load.acknowledged) <= got, "full: what nobody has read yet can be read for the first time: the reserve takes the record of it", len(got), len(load.acknowledged))
there = wait_for(lambda: set(load.acknowledged) <= {o["id"] for o in far.objects(far_token, limit=1000)}, 30)
ok(there, "full: a peer pulls all of it")
left = os.statvfs(disk)
fill = os.path.join(disk, "fill")  # somebody else takes the reserve as well
with open(fill, "wb", buffering=0) as f:
    try:
        while True:
            f.write(b"x" * 4096)
    except OSError:
        pass
load.reads = {200: 0}
load.run(2, size=3000)
ok(load.reads[200] > 0 and len(load.reads) == 1, "full to the last byte: what was given once can be read", load.reads)
ok(hub.process.poll() is None, "full to the last byte: the hub lives")
os.unlink(fill)
subprocess.run(["mount", "-o", "remount,size=160m", disk], check=True)
ok(wait_for(lambda: hub.request("GET", "/readyz", headers={"Accept": "*/*"})[0] == 200), "full: the hub finds out by itself that there is room")
settle(hub, load, "full")
there = wait_for(lambda: set(load.acknowledged) <= {o["id"] for o in far.objects(far_token, limit=1000)}, 30)
ok(there, "full: a peer has everything in the end")
hub.stop()
far.stop()
clean(hub, "full")
subprocess.run(["umount", disk], check=True)

# ---- a file system that the kernel has made read-only, as it does after an error of the disk ----

image = os.path.join(tempfile.mkdtemp(prefix="musubi-disk-"), "image")
with open(image, "wb") as f:
    f.truncate(96 << 20)
made = shutil.which("mkfs.ext4") and subprocess.run(["mkfs.ext4", "-q", image], capture_output=True).returncode == 0
if not made or subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True).returncode != 0:
    note("left out: a file system that becomes read-only, because there is no ext4 on a loop device here")
    done()
hub, load = community(os.path.join(disk, "hub"))
hub.start()
load.run(2)
hub.objects(load.reader, limit=1000)
before, load.reads = len(load.acknowledged), {200: 0}
subprocess.run(["mount", "-o", "remount,abort", disk], capture_output=True)
load.run(2)
ok(load.refusals and not load.odd and len(load.acknowledged) == before, "read-only: each submission is refused with a sentence", load.refusals, load.odd[:3])
for words, n in load.refusals.items():
    note(f"read-only: {n} times: {words}")
ok(load.reads[200] > 0 and len(load.reads) == 1, "read-only: reading goes on", load.reads)
ok(hub.stop() == 0, "read-only: the hub ends cleanly when told to")
subprocess.run(["umount", disk], check=True)
subprocess.run(["e2fsck", "-p", image], capture_output=True)
subprocess.run(["mount", "-o", "loop", image, disk], check=True)
hub.start()
settle(hub, load, "read-only, repaired and mounted again")
hub.stop()
clean(hub, "read-only")
subprocess.run(["umount", disk], check=True)
done()
