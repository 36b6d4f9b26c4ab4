/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and small words: random and fixed ids, countries, kinds, lists in columns. */
#include <stdio.h>
#include "accord/accord_priv.h"

static void id_print(const char *type, const uint8_t bytes[static 16], char out[static 64])
{
	char text[UUID_TEXT];
	struct uuid u = uuid_v4(bytes);

	uuid_format(&u, text);
	snprintf(out, 64, "%.24s--%s", type, text);
}

void accord_id_new(const char *type, char out[static 64])
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	id_print(type, bytes, out);
}

/* Form 4 and not 5: a version 5 id in STIX speaks of an observable's value (the closure rule). */
void accord_id_from(const char *type, struct span seed, char out[static 64])
{
	uint8_t digest[SIGN_DIGEST];

	sign_sha256(seed, digest);
	id_print(type, digest, out);
}

/* ISO 3166-1 alpha-2, as assigned. */
static const char countries[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU "
	"CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE "
	"IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT "
	"MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM "
	"SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

bool accord_country_ok(struct span cc)
{
	if (cc.n != 2)
		return false;
	for (const char *p = countries; *p; p += 3)
		if (p[0] == cc.p[0] && p[1] == cc.p[1])
			return true;
	return false;
}

enum err accord_name_check(struct span name, const char *where, struct fault *f)
{
	if (name.n == 0)
		return fault_set(f, ERR_INVALID, where, "is empty: give a name");
	if (name.n > BOUND_NAME_BYTES)
		return fault_set(f, ERR_LIMIT, where, "has %zu bytes, %d are allowed", name.n, BOUND_NAME_BYTES);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return fault_set(f, ERR_INVALID, where, "holds a control character at byte %zu: leave it out", i + 1);
	return ERR_OK;
}

static const char *const kinds[] = {
#define X(k, name) [ACCORD_KIND_##k] = name,
	ACCORD_KIND_LIST(X)
#undef X
};
static const char *const statuses[] = { [ACCORD_ACTIVE] = "active", [ACCORD_SUSPENDED] = "suspended", [ACCORD_REMOVED] = "removed" };

static bool word_of(const char *const *v, size_t n, struct span name, size_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (span_is(name, v[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

const char *accord_kind_name(enum accord_kind k)
{
	return kinds[k];
}

bool accord_kind_parse(struct span name, enum accord_kind *out)
{
	size_t i;

	if (!word_of(kinds, sizeof(kinds) / sizeof(*kinds), name, &i))
		return false;
	*out = (enum accord_kind)i;
	return true;
}

const char *accord_status_name(enum accord_status s)
{
	return statuses[s];
}

bool accord_status_parse(struct span name, enum accord_status *out)
{
	size_t i;

	if (!word_of(statuses, sizeof(statuses) / sizeof(*statuses), name, &i))
		return false;
	*out = (enum accord_status)i;
	return true;
}

struct span *accord_lines(struct arena *a, struct span text, size_t *n)
{
	size_t count = text.n > 0, at = 0;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '\n';
	struct span *v = count ? arena_array(a, count, sizeof(*v)) : NULL;
	text = arena_span(a, text);
	*n = 0;
	if (!v || !text.p)
		return NULL;
	for (size_t i = 0; i <= text.n; i++) {
		if (i == text.n || text.p[i] == '\n') {
			v[(*n)++] = (struct span){ text.p + at, i - at };
			at = i + 1;
		}
	}
	return v;
}

struct span accord_join(struct arena *a, const struct span *v, size_t n)
{
	size_t room = n;

	for (size_t i = 0; i < n; i++)
		room += v[i].n;
	char *p = arena_alloc(a, room + 1);
	size_t at = 0;
	if (!p)
		return (struct span){ NULL, 0 };
	for (size_t i = 0; i < n; i++) {
		if (i)
			p[at++] = '\n';
		memcpy(p + at, v[i].p, v[i].n);
		at += v[i].n;
	}
	return (struct span){ p, at };
}
