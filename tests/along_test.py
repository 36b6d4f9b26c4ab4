#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever may have an object may have its creator and its markings' definitions: through TAXII, in the collection that they read, on one hub and across two."""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

LATE = 30


def by_id(hub, token, id, what=""):
    return hub.request("GET", f"/taxii2/hub/collections/shared/objects/{id}/{what}", token)


def ids(objects):
    return [o["id"] for o in objects]


def scope(name, **members):
    return {"type": "marking-definition", "spec_version": "2.1", "id": new_id("marking-definition"), "created": stamp(-5), "name": name,
            "extensions": {SHARING: {"extension_type": "property-extension", **members}}}


def extension_id(hub):
    """The extension of sharing scopes, as the hub's own documentation names it."""
    text = open(os.path.join(os.environ.get("MUSUBI_SOURCE", "."), "docs/protocol/extensions.md")).read()
    import re
    rows = [l for l in text.splitlines() if "extension-definition--" in l and "haring" in l]
    return re.search(r"extension-definition--[0-9a-f-]{36}", rows[0]).group(0)


a, b = Hub("tokyo", "JP"), Hub("bangkok", "TH")
SHARING = extension_id(a)
a.start()
b.start()
introduce(a, b)
one, two, far = a.member("Contoh Steel", "JP", "company", "--sector", "energy"), a.member("Mihon Water", "JP"), b.member("Tuayang Bank", "TH")
t_one, t_two, t_far = a.token(one)["token"], a.token(two)["token"], b.token(far)["token"]
ok(wait_for(lambda: far in ids(ask("member", "list", a.dir)) and one in ids(ask("member", "list", b.dir)), LATE), "two hubs know each other's members")

# the creator, a member
ok(by_id(a, t_two, one)[0] == 404, "who was given nothing of a member finds no identity of it in the collection")
first = malware("first", created_by_ref=one)
second = malware("second", created_by_ref=one)
a.share(t_one, first)
a.share(t_one, second)
got = a.objects(t_two)
ok(ids(got) == [one, first["id"], second["id"]], "the creator's identity comes with the first object, once, before it", ids(got))
ok(got[0]["type"] == "identity" and got[0]["name"] == "Contoh Steel" and got[0]["sectors"] == ["energy"] and "extensions" not in got[0], "it tells name and sectors, and nothing else", got[0])
s, head, body = by_id(a, t_two, one)
ok(s == 200 and body["objects"] == [got[0]] and head["x-taxii-date-added-first"], "and is there by its id", s, body)
s, _, body = by_id(a, t_two, one, "versions/")
ok(s == 200 and body["versions"] == [got[0]["modified"]], "with its version", body)
s, head, body = a.request("GET", "/taxii2/hub/collections/shared/objects/?limit=2", t_two)
ok(ids(body["objects"]) == [one, first["id"]] and body["more"], "it counts for limit: two are two", ids(body["objects"]))
s, _, rest = a.request("GET", f"/taxii2/hub/collections/shared/objects/?limit=2&next={body['next']}", t_two)
ok(ids(rest["objects"]) == [second["id"]], "and it comes no second time on the next page", ids(rest["objects"]))
s, _, rest = a.request("GET", f"/taxii2/hub/collections/shared/objects/?added_after={head['x-taxii-date-added-last']}", t_two)
ok(ids(rest["objects"]) == [second["id"]], "nor after that date", ids(rest["objects"]))
s, _, body = a.request("GET", "/taxii2/hub/collections/shared/objects/?limit=1", t_two)
ok(ids(body["objects"]) == [first["id"]], "a page of one holds the object")
s, _, body = a.request("GET", f"/taxii2/hub/collections/shared/objects/?match[id]={one},{second['id']}", t_two)
ok(sorted(ids(body["objects"])) == sorted([one, second["id"]]), "match[id] finds it", body)
ok(wait_for(lambda: second["id"] in ids(b.objects(t_far)), LATE), "the objects reach the other hub")
ok(b.objects(t_far)[0] == got[0], "where the creator's identity has the same bytes", b.objects(t_far)[:1])
ok(by_id(a, None, one)[0] in (401, 404), "who may have none of the objects has no identity either")

# not for those who may not have the object
hidden = malware("for nobody else", (STRICT,), created_by_ref=two)
a.share(t_two, hidden)
ok(by_id(a, t_one, two)[0] == 404 and two not in ids(a.objects(t_one)), "an object that they may not have brings no identity")
ok({two, hidden["id"]} <= set(ids(a.objects(t_two))), "but to those who may")

# a definition given earlier, for fewer
narrow = scope("narrow", countries=["JP"])
a.share(t_one, narrow, malware("narrow", (GREEN, narrow["id"])))
wide = scope("wide", countries=["TH", "JP"])
early = malware("early", (AMBER, wide["id"]))  # for nobody but the submitter
a.share(t_one, wide, early)
later = malware("later", (GREEN, wide["id"]))
a.share(t_one, later)
got = a.objects(t_two)
ok(wide["id"] in ids(got) and ids(got).index(wide["id"]) < ids(got).index(later["id"]), "a definition that was given with something stricter goes along with what is marked by it later", ids(got))
ok(early["id"] not in ids(got) and next(o for o in got if o["id"] == wide["id"]) == wide, "as it was given, and without the stricter object")
ok(wait_for(lambda: later["id"] in ids(b.objects(t_far)), LATE), "an object under it reaches the other hub")
ok(next((o for o in b.objects(t_far) if o["id"] == wide["id"]), None) == wide, "and so does the definition", ids(b.objects(t_far)))
ok(narrow["id"] not in ids(b.objects(t_far)) and by_id(b, t_far, narrow["id"])[0] == 404, "a definition of what they may not have is not for them")

# an agreement's own marking, and a vendor
path = os.path.join(os.path.dirname(a.dir), "agreement.json")
json.dump({"kind": "agreement", "title": {"en": "Sample agreement (fictional)"}, "version": 1, "effective": "2026-01-01T00:00:00Z", "policy": {"ceiling": "amber"}}, open(path, "w"))
made = ask("agreement", "add", a.dir, path)
for m in (one, two):
    run("agreement", "sign", a.dir, made["id"], "--member", m)
under = malware("under the agreement", (AMBER, made["marking"]))
wait_for(lambda: a.share(t_one, under)["failure_count"] == 0, LATE)  # a running hub notices
got = {o["id"]: o for o in a.objects(t_two)}
ok(made["marking"] in got and got[made["marking"]]["name"] == "Sample agreement (fictional)", "an agreement's marking goes along by its title", sorted(got))
vendor = {"type": "identity", "spec_version": "2.1", "id": new_id("identity"), "created": stamp(-5), "modified": stamp(-5), "name": "Vendor", "identity_class": "organization"}
person = dict(vendor, id=new_id("identity"), name="A person", identity_class="individual")
a.share(t_one, vendor, malware("of a vendor", (STRICT,), created_by_ref=vendor["id"]))
a.share(t_one, dict(person, object_marking_refs=[STRICT]))
a.share(t_one, malware("of a vendor, for all", created_by_ref=vendor["id"]), malware("of a person", created_by_ref=person["id"]))
got = ids(a.objects(t_two))
ok(vendor["id"] in got and person["id"] not in got, "a creator that is no member goes along, a natural person does not")
ok(wait_for(lambda: vendor["id"] in ids(b.objects(t_far)), LATE), "and travels to the other hub")
# notices, without content, of all collections
def notices(hub, token, query=""):
    return hub.request("GET", "/api/v1/notices" + query, token, headers={"Accept": "application/json"})[2]


ok(notices(a, t_two) == {"more": False, "notices": []}, "who has lost nothing has no notices")
a.objects(t_two)
lost, taken = malware("soon stricter"), malware("soon withdrawn")
a.share(t_one, lost, taken)
ok({lost["id"], taken["id"]} <= set(ids(a.objects(t_two))), "two objects are given")
ok(wait_for(lambda: {lost["id"], taken["id"]} <= set(ids(b.objects(t_far))), LATE), "on both hubs")
stricter = dict(lost, modified=stamp(), object_marking_refs=[STRICT])
a.share(t_one, stricter)
a.request("DELETE", f"/taxii2/hub/collections/shared/objects/{taken['id']}/", t_one)
for hub, token, who in ((a, t_two, "at home"), (b, t_far, "at the other hub")):
    ok(wait_for(lambda: len(notices(hub, token)["notices"]) == 2, LATE), f"{who} those who had them are told", notices(hub, token))
    told = {n["object"]: n for n in notices(hub, token)["notices"]}
    ok(told[lost["id"]]["reason"] == "restricted" and told[lost["id"]]["version"] == stricter["modified"] and told[taken["id"]]["reason"] == "withdrawn" and all(n["words"] for n in told.values()),
       f"{who} with id, version, reason and words", told)
    first = notices(hub, token, "?limit=1")
    ok(len(first["notices"]) == 1 and first["more"] and len(notices(hub, token, f"?limit=1&next={first['next']}")["notices"]) == 1, f"{who} in pages")
    ok(len(notices(hub, token, f"?added_after={first['notices'][0]['added']}")["notices"]) == 1, f"{who} after a time")
ok(notices(a, t_one)["notices"] == [] and notices(a, None).get("notices", []) == [], "nobody else is told of them")
# who has an entry of the id is given that one
all_of = ids(a.objects(t_one))
ok(len(all_of) == len(set(all_of)), "nobody is given anything twice", [i for i in all_of if all_of.count(i) > 1])
time.sleep(6)  # state is written every five seconds
lines = [l for l in ask("peer", "status", b.dir) if l["url"] == a.url]
ok(lines[0]["refused"] == 0, "nothing was refused on the way", lines[0].get("refusals"))
a.stop()
b.stop()
done()
