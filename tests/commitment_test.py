#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Declaration and commitments by their commands: figures that open into their records, what the public sees, exports that other tools read."""
import csv, io, os, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as xml
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

hub = Hub("Sample association")

# ---- the template, real figures ----
promise = json.loads(run("commitment", "template"))
ok(promise["fictional"] is True and promise["indicators"][0]["periods"][-1]["target"] == 5000, "the template is the initiative's: 5,000 people in three years, and says that it is a sample")
id = ask("commitment", "add", hub.dir, path("promise.json", promise))["id"]
ok(ask("commitment", "add", hub.dir, path("promise.json"))["id"] == id, "the same text again is the same commitment")
ok([c["id"] for c in ask("commitment", "list", hub.dir)] == [id], "it is listed")
refused("a changed text under its id is refused", 65, "commitment", "add", hub.dir, path("changed.json", dict(promise, id=id, area="other")), words=["id of its own"])
refused("a source that is not here is refused", 66, "commitment", "add", hub.dir, path("no.json", dict(promise, source={"agreement": "agreement--none"})), words=["source.agreement"])

rows = [dict(indicator="people", kind="attendance", reference=f"course {i % 5}", person=f"person {i % 37}", country=["TH", "VN", "LA"][(i % 37) % 3 if i % 37 else 2], sector=["public", "private"][i % 2],
             area="cybersecurity", at=["2023-10-01", "2024-10-01"][i % 37 > 20], verified="self") for i in range(90)]
rows[0]["reference"] = 'course "0", first part'
out = io.StringIO()
w = csv.DictWriter(out, rows[0].keys())
w.writeheader()
w.writerows(rows)
r = ask("commitment", "record", hub.dir, id, "--csv", path("rows.csv", "\ufeff" + out.getvalue()))
distinct = len({(x["reference"], x["person"]) for x in rows})
ok(r == {"added": distinct, "known": len(rows) - distinct}, "a CSV file of records is taken in, with quotes and byte order mark, each once", r)
ok(ask("commitment", "record", hub.dir, id, "--csv", path("rows.csv"))["added"] == 0, "the same file again adds nothing")
shown = ask("commitment", "show", hub.dir, id)
people, seats = shown["indicators"]
ok(people["number"] == 37 and sum(people["country"].values()) == 37 and people["known"] == {"self": 37}, "people are counted once, however many courses", people)
ok(sum(p["number"] for p in people["periods"]) == 37 and [p["number"] for p in people["periods"]] == [21, 16, 0], "each in the period in which it was first seen", people["periods"])
ok(people["target"] == 5000 and people["due"] <= 5000 and shown["fictional"], "target, pace and that it is a sample are said")
records = [json.loads(l) for l in run("commitment", "show", hub.dir, id, "--records", "--json").splitlines()]
ok(len(records) == distinct and records[0]["reference"] == 'course "0", first part', "the figure opens into its records")
ok(all(len(x["person"]) == 32 and "person" not in x["person"] for x in records), "of a person there is a hash")
ok("person 5" not in open(os.path.join(hub.dir, "musubi.db"), "rb").read().decode("latin-1"), "and the name is nowhere in the data base")

# ---- as of then ----
run("commitment", "retract", hub.dir, 1)
after = ask("commitment", "show", hub.dir, id)["indicators"][0]["number"]
run("commitment", "record", hub.dir, id, "--indicator", "people", "--kind", "credential", "--reference", "certificate 9", "--person", "new", "--country", "KH", "--at", "2025-10-01", "--verified", "peer")
ok(ask("commitment", "show", hub.dir, id)["indicators"][0]["number"] == after + 1, "a record more is one more")
ok(ask("commitment", "show", hub.dir, id, "--records-up-to", distinct)["indicators"][0] == people, "as of an earlier record the figure is what it was, to the last cell")
ok(ask("commitment", "show", hub.dir, id, "--at", "2024-01-01")["indicators"][0]["number"] == 21 - (37 - after), "as of an earlier day it counts what had happened")
refused("a record is taken back once", 65, "commitment", "retract", hub.dir, 1, words=["before"])
refused("what is no record cannot be taken back", 66, "commitment", "retract", hub.dir, 999999)

# ---- refusals ----
for title, status, args, words in [
    ("a person must be named where people are counted", 65, ["--indicator", "people", "--kind", "attendance", "--reference", "x"], ["person"]),
    ("a kind that does not count is refused", 65, ["--indicator", "people", "--kind", "meeting", "--reference", "x", "--person", "y"], ["kind"]),
    ("an indicator that is not there is refused", 66, ["--indicator", "money", "--kind", "attendance", "--reference", "x"], ["money"]),
    ("an area that is not the commitment's is refused", 65, ["--indicator", "people", "--kind", "attendance", "--reference", "x", "--person", "y", "--area", "cooking"], ["area"]),
    ("nobody says machine but the program", 65, ["--indicator", "people", "--kind", "attendance", "--reference", "x", "--person", "y", "--verified", "machine"], ["machine"]),
    ("the future does not count", 65, ["--indicator", "people", "--kind", "attendance", "--reference", "x", "--person", "y", "--at", "2199-01-01"], ["time"]),
]:
    refused(title, status, "commitment", "record", hub.dir, id, *args, words=words)
refused("a CSV file with a strange column is refused", 65, "commitment", "record", hub.dir, id, "--csv", path("bad.csv", "indicator,colour\npeople,red\n"), words=["line 1", "colour"])
refused("one bad line refuses the file, with its number", 65, "commitment", "record", hub.dir, id, "--csv", path("bad.csv", "indicator,kind,reference,person\npeople,attendance,z,z1\npeople,hearsay,z,z2\n"), words=["line 3", "hearsay"])
ok(not [x for x in run("commitment", "show", hub.dir, id, "--records").splitlines() if "\tz\t" in x], "and nothing of it is there")
refused("who promised does not assess", 77, "commitment", "assess", hub.dir, id, "--completion", "complete", "--by", "Japan", words=["promised"])
run("commitment", "assess", hub.dir, id, "--completion", "limited", "--by", "Sample auditor")
ok(ask("commitment", "show", hub.dir, id)["completion"] == "limited", "somebody else does")

# ---- for others ----
public = ask("commitment", "show", hub.dir, id, "--public")
numbers = [n for i in public["indicators"] for p in i["periods"] for n in [p["number"]] + [c for d in ("country", "sector", "area", "known") for c in p.get(d, {}).values()]]
ok(numbers and all(n % 3 == 0 for n in numbers), "the public sees multiples of three alone", numbers)
ok(public["indicators"][0]["periods"] and all("LA" in p["country"] and "other" in p["country"] for p in public["indicators"][0]["periods"]), "and the same cells whether somebody is in them or not")
refused("records are not for the public", 64, "commitment", "show", hub.dir, id, "--public", "--records")
table = list(csv.reader(io.StringIO(run("commitment", "show", hub.dir, id, "--public", "--format", "csv"))))
ok(table[0] == ["indicator", "start", "end", "by", "value", "number", "target"] and table[1][:1] == ["people"] and len({len(l) for l in table}) == 1, "CSV for a spreadsheet")
page = run("commitment", "show", hub.dir, id, "--public", "--format", "html")
ok(page.startswith("<!doctype html>") and "fictional" in page and "<script" not in page and "http" not in page.split("</style>")[1], "a page without scripts and without anything from elsewhere")
evil = ask("commitment", "add", hub.dir, path("evil.json", dict(promise, text={"en": "<script>&\"x"}, pledgors=["<b>&"])))["id"]
ok("<script>&" not in run("commitment", "show", hub.dir, evil, "--format", "html"), "what others wrote stays text")
for which, options in (("for others", ["--public"]), ("of the hub", [])):
    for name, c in (("plain", id), ("hostile", evil)):
        run("commitment", "show", hub.dir, c, *options, "--format", "iati", "--out", path("a.xml"))
        root = xml.parse(path("a.xml")).getroot()
        periods = root.findall(".//period")
        ok(root.get("version") == "2.03" and len(periods) == 4 and periods[0].find("target").get("value") == "1600", f"IATI {which}, {name} texts")
        schema = os.path.join(SHARED, "iati", "iati-activities-schema.xsd") if os.path.isdir(os.path.join(SHARED, "iati")) else os.path.join(SHARED, "data", "iati", "iati-activities-schema.xsd")
        if shutil.which("xmllint") and os.path.exists(schema):
            r = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, path("a.xml")], capture_output=True)
            ok(r.returncode == 0, f"xmllint finds it valid by the published schema ({which}, {name})", r.stderr.decode())

# ---- what the program knows itself; the declaration ----
agreement = ask("agreement", "add", hub.dir, path("agreement.json", {"kind": "agreement", "title": {"en": "Sample tie"}, "effective": "2023-10-01T00:00:00Z", "clauses": [{"ref": "3", "text": {"en": "To share."}}]}))["id"]
refused("a declaration includes signed texts only", 65, "declaration", "draft", hub.dir, "--title", "x", "--include", agreement, words=["signed"])
refused("… and known ones", 66, "declaration", "draft", hub.dir, "--title", "x", "--include", "agreement--none")
member = hub.member("Aoba", "JP")
run("agreement", "sign", hub.dir, agreement, "--member", member)
source = {"agreement": agreement, "clause": "3"}
refused("a clause that is not there is refused", 66, "commitment", "add", hub.dir, path("clause.json", dict(promise, source=dict(source, clause="9"))), words=["9"])
parties = {"id": "parties", "title": "Parties", "counting_rule": "organisations", "kinds": ["accession"], "periods": [{"start": "2023-10-01", "end": "2199-12-31", "target": 11}]}
tied = ask("commitment", "add", hub.dir, path("tied.json", dict(promise, source=source, indicators=[parties])))["id"]
figure = ask("commitment", "show", hub.dir, tied)["indicators"][0]
ok(figure["number"] == 1 and figure["known"] == {"machine": 1} and figure["country"] == {"JP": 1}, "an accession counts by itself", figure)
run("declaration", "draft", hub.dir, "--title", "Joint declaration", "--include", agreement, "--out", path("declaration.json"))
declaration = ask("agreement", "add", hub.dir, path("declaration.json"))["id"]
shown = ask("declaration", "show", hub.dir, declaration)
ok([(i["id"], i["state"], i["parties"]) for i in shown["includes"]] == [(agreement, "in force", 1)], "a declaration shows what it includes, by the digest that was signed", shown)
ok("in force" in run("declaration", "show", hub.dir, declaration), "also as text")
done()
