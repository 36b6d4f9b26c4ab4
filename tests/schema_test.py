#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The published JSON Schemas as a second judge: good objects with one thing changed get the same verdict from both, or a clause says why not.
import copy, glob, json, os, random, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

schemas_dir = os.path.join(SHARED, "data", "stix", "json-schemas")
try:
    import warnings
    warnings.simplefilter("ignore")
    from jsonschema import Draft202012Validator
    try:
        from referencing import Registry, Resource  # newer releases
        from referencing.jsonschema import DRAFT202012
    except ImportError:
        Registry = None
        from jsonschema import RefResolver
except ImportError:
    Draft202012Validator = None
if not Draft202012Validator or not os.path.isdir(schemas_dir):
    print("1..0 # SKIP the published schemas, or Python's jsonschema, are not there")
    sys.exit(0)

store, by_name = {}, {}
for path in glob.glob(os.path.join(schemas_dir, "*", "*.json")):
    schema = json.load(open(path))
    store[schema["$id"]] = by_name[os.path.basename(path)[:-5]] = schema
judges = {}
registry = Registry and Registry().with_resources((id, Resource.from_contents(s, default_specification=DRAFT202012)) for id, s in store.items())


def schema_accepts(o):
    name = o["type"] if o["type"] in by_name else "core" if "created" in o or "modified" in o else "cyber-observable-core"
    if name not in judges:
        how = {"registry": registry} if Registry else {"resolver": RefResolver(by_name[name]["$id"], by_name[name], store=store)}
        judges[name] = Draft202012Validator(by_name[name], **how)
    e = next(judges[name].iter_errors(o), None)
    return e is None, "/".join(map(str, e.absolute_path)) + ": " + e.message if e else ""


# What we refuse and the schemas let pass: code -> why, and the clause.  The other way round there is nothing.
STRICTER = {
    "bad-id": "creators of observables are no common property of theirs in the schemas (§3.2)",
    "bad-name": "the schemas have no rule for names in nested objects and in some types (§3.1)",
    "bad-pattern": "a schema cannot parse a pattern (§9)",
    "bad-selector": "a schema cannot follow a selector (§7.2.3.1)",
    "bad-timestamp": "the schemas know no calendar, and no versions of observables (§2.16, §3.6)",
    "bad-value": "a schema cannot look up languages and character sets (§3.2, §3.9.1)",
    "empty-list": "the schemas have no rule for custom properties in nested objects (§2.12)",
    "id-type": "a schema cannot compare the type and the id of a custom object (§2.9)",
    "null-value": "the schemas do not look at every custom value (§2.3)",
    "only-observables": "the schemas do not say that defanged is for observables (§3.2)",
    "only-one-of": "a granular marking with both marking_ref and lang passes the schemas (§7.2.3)",
    "time-order": "a schema cannot compare two times (§3.2 and others)",
    "tlp": "the schemas know TLP markings by their members, not by their ids (§7.2.1.4)",
    "wrong-target": "the schemas leave out what some references may point to (§2.9)",
    "wrong-type": "versions of observables are unknown to the schemas (§3.6)",
}

NAMES = ["name", "description", "labels", "created", "hashes", "value", "type", "confidence", "lang", "revoked", "Foo", "x_foo", "ab", "severity", "object_refs", "pattern", "extensions",
         "url", "size", "number", "protocols", "id", "spec_version", "created_by_ref", "external_references", "granular_markings", "kill_chain_phases", "first_seen", "defanged"]
VALUES = [None, True, 0, -1, 5, 1.5, "", "a", "unknown", "Foo Bar", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z", "2020-02-30T00:00:00.000Z", [], {}, ["a"], [1], [None], {"a": 1},
          {"MD5": "x"}, "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "http://x.example/a", "en", "zz", "198.51.100.3", "deadbeef", "benign", "stix", "uses", "tcp", "utf-8"]
TYPES = ["identity", "malware", "file", "indicator", "ipv4-addr", "marking-definition", "relationship", "sighting", "software", "artifact", "x-foo-bar", "observed-data"]


def nodes(o, path=()):
    yield path, o
    for k, v in o.items() if isinstance(o, dict) else enumerate(o) if isinstance(o, list) else ():
        yield from nodes(v, path + (k,))


def put(o, path, v):
    for k in path[:-1]:
        o = o[k]
    o[path[-1]] = v


def mutant(o, rng):
    o = copy.deepcopy(o)
    all = [(p, v) for p, v in nodes(o) if p]
    path, v = rng.choice(all)
    parent = o
    for k in path[:-1]:
        parent = parent[k]
    kind = rng.choice(["drop", "add", "retype", "rename", "word", "target", "uuid"])
    if kind == "drop":
        del parent[path[-1]]
    elif kind == "add":
        rng.choice([v for _, v in nodes(o) if isinstance(v, dict)])[rng.choice(NAMES)] = copy.deepcopy(rng.choice(VALUES))
    elif kind == "retype":
        parent[path[-1]] = copy.deepcopy(rng.choice(VALUES))
    elif kind == "rename" and isinstance(parent, dict):
        key = path[-1]
        del parent[key]
        parent[rng.choice([key + "s", key.upper(), key[:-1], "x_" + key, key.replace("_", "-"), rng.choice(NAMES)])] = v
    elif kind == "word":
        put(o, rng.choice([p for p, v in all if isinstance(v, str)]), rng.choice([v for v in VALUES if isinstance(v, str)]))
    else:
        path, v = rng.choice([(p, v) for p, v in all if isinstance(v, str) and "--" in v] or [(("id",), o.get("id", "a--b"))])
        type, _, uuid = v.partition("--")
        put(o, path, rng.choice(TYPES) + "--" + uuid if kind == "target" else type + "--" + rng.choice([uuid.upper(), uuid[:-1], uuid[:14] + "0" + uuid[15:], uuid[:19] + "c" + uuid[20:], ""]))
    return o


seeds = []
for name in ("cti-documentation-examples", "json-schemas-examples"):
    seeds += json.load(open(os.path.join(SHARED, "data", "stix", name + ".stix21.json")))["objects"]
seeds = [o for o in seeds if o.get("spec_version") == "2.1" or "created" not in o]
rng = random.Random(int(os.environ.get("MUSUBI_SEED", "7")))
wanted = int(os.environ.get("MUSUBI_MUTANTS", "3000"))
mutants = [o for o in (mutant(rng.choice(seeds), rng) for _ in range(wanted)) if isinstance(o.get("type"), str) and isinstance(o.get("id"), str)]
answers = [json.loads(line) for line in run("validate", "--cases", "-", input="".join(json.dumps({"object": o}) + "\n" for o in mutants).encode()).splitlines()]
same, stricter, unexplained = 0, {}, []
for o, a in zip(mutants, answers):
    accepts, why = schema_accepts(o)
    errors = {f["code"] for f in a["findings"] if f["severity"] == "error"}
    if accepts == a["must"]:
        same += 1
    elif accepts and errors <= set(STRICTER):
        for code in errors:
            stricter[code] = stricter.get(code, 0) + 1
    else:
        unexplained.append((o["type"], why, sorted(errors), [f["code"] for f in a["findings"]], json.dumps(o)[:300]))
note(f"{len(mutants)} mutants, {same} with one verdict; stricter than the schemas: {stricter}")
ok(len(answers) == len(mutants) > wanted * 0.8, "every mutant gets an answer")
ok(same > len(mutants) * 0.8, "most verdicts are one", same, len(mutants))
ok(not unexplained, "each difference is explained by a clause", *unexplained[:40])
done()
