#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The accord by its commands: keys, agreements that their parties sign on their own machines, the log, the declaration and commitments.
import stat, sys, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

work = tempfile.mkdtemp(prefix="musubi-accord-")


def path(name, text=None):
    p = os.path.join(work, name)
    if text is not None:
        with open(p, "w") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
    return p


def said(*args, **kw):
    """(status, stdout, stderr) of a call."""
    r = run(*args, status=None, **kw)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def refused(title, want, *args, words=(), **kw):
    status, out, err = said(*args, **kw)
    ok(status == want and not out and err.startswith("musubi") and all(w in err for w in words), title, args, status, out, err)


# ---- keys ----
key = json.loads(run("key", "new", path("a.key"), "--json"))
ok(key["id"].startswith("did:key:z6Mk") and key["verification_method"] == key["id"] + "#" + key["public_key"], "a new key is told as did:key")
ok(stat.S_IMODE(os.stat(path("a.key")).st_mode) == 0o600, "its file has mode 0600")
ok(run("key", "show", path("a.key")).strip() == key["id"], "key show prints the public key")
refused("a key is never overwritten", 65, "key", "new", path("a.key"), words=["never overwritten"])
locked = run("key", "new", path("locked.key"), "--passphrase-stdin", input="結び a tie\n".encode()).strip()
ok("z3u2" not in open(path("locked.key")).read(), "a locked key file holds no readable key")
ok(run("key", "show", path("locked.key"), "--passphrase-stdin", input="結び a tie\n".encode()).strip() == locked, "a locked key opens with its passphrase")
refused("… and not with another", 77, "key", "show", path("locked.key"), "--passphrase-stdin", input="no\n".encode(), words=["passphrase"])
refused("… and not without one", 77, "key", "show", path("locked.key"), words=["--passphrase-stdin"])
done()
