/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: read, checked and written by one table; kept in a table of this room. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "hub/hub.h"
#include "hub/settings.h"

const struct hub_setting hub_settings[] = {
#define X(id, key, type, fallback, min, max, unit, doc) { key, type, fallback, min, max, unit, (doc) + ((doc)[0] == '+' ? 2 : 0) },
	HUB_SETTING_LIST(X)
#undef X
};
const size_t hub_settings_n = sizeof(hub_settings) / sizeof(*hub_settings);

bool hub_setting_live(enum hub_setting_id id)
{
	static const char *const docs[] = {
#define X(id, key, type, fallback, min, max, unit, doc) doc,
		HUB_SETTING_LIST(X)
#undef X
	};

	return docs[id][0] == '+';
}

enum err hub_settings_open(struct accord *a, struct fault *f)
{
	static const char *const steps[] = { "CREATE TABLE hub_setting (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)" };

	return store_migrate(accord_store(a), "hub", steps, 1, f);
}

/* ---- finding ---- */

static size_t distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (lb >= 64)
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[lb];
}

static const struct hub_setting *find(const char *key, struct fault *f)
{
	const struct hub_setting *near = hub_settings;

	for (size_t i = 0; i < hub_settings_n; i++) {
		if (!strcmp(hub_settings[i].key, key))
			return &hub_settings[i];
		if (distance(key, hub_settings[i].key) < distance(key, near->key))
			near = &hub_settings[i];
	}
	fault_set(f, ERR_NOTFOUND, "setting", "there is no setting '%.60s'; did you mean %s?", key, near->key);
	return NULL;
}

/* ---- checking ---- */

static bool parse_number(const struct hub_setting *s, struct span v, int64_t *out)
{
	char text[24], *end;

	if (s->type[0] == 'b') {
		*out = span_is(v, "true");
		return *out || span_is(v, "false");
	}
	if (!v.n || v.n >= sizeof(text) || v.p[0] < '0' || v.p[0] > '9')
		return false;
	memcpy(text, v.p, v.n);
	text[v.n] = 0;
	*out = strtoll(text, &end, 10);
	return !*end && *out >= s->min && *out <= s->max;
}

static enum err check(const struct hub_setting *s, struct span v, struct fault *f)
{
	static const struct {
		const char *key, *words;
	} choices[] = { { "tls.minimum", "1.3 1.2" }, { "log.level", "error warn info debug" } };
	int64_t n;

	if (s->type[0] == 'b' && !parse_number(s, v, &n))
		return fault_set(f, ERR_USAGE, s->key, "'%.*s' is neither true nor false", SPAN_ARG(v));
	if (s->type[0] == 'i' && !parse_number(s, v, &n))
		return fault_set(f, ERR_USAGE, s->key, "'%.*s' is no whole number from %" PRId64 " to %" PRId64 " %s", SPAN_ARG(v), s->min, s->max, s->unit);
	if (s->type[0] == 't' && v.n > (size_t)s->max)
		return fault_set(f, ERR_USAGE, s->key, "the text is longer than %" PRId64 " bytes", s->max);
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 127)
			return fault_set(f, ERR_USAGE, s->key, "the text holds a control character");
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		const char *at = choices[i].words;
		size_t n_word;

		if (strcmp(choices[i].key, s->key) != 0)
			continue;
		for (; *at; at += n_word + (at[n_word] == ' ')) {
			n_word = strcspn(at, " ");
			if (span_eq(v, (struct span){ at, n_word }))
				return ERR_OK;
		}
		return fault_set(f, ERR_USAGE, s->key, "'%.*s' is none of: %s", SPAN_ARG(v), choices[i].words);
	}
	if (!strcmp(s->key, "public.url") && v.n && !span_starts(v, SPAN("https://")) && !span_starts(v, SPAN("http://")))
		return fault_set(f, ERR_USAGE, s->key, "'%.*s' is no URL; write for instance https://hub.example.org", SPAN_ARG(v));
	return ERR_OK;
}

/* ---- reading and writing ---- */

struct get {
	const char *key;
	struct arena *to;
	struct span out;
	bool found;
};

static enum err get_row(void *ctx, struct db *db, struct fault *f)
{
	struct get *g = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT value FROM hub_setting WHERE key = ?", f);
	enum err e;

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, span_of(g->key));
	e = db_step(s, f);
	if (e == ERR_OK) {
		g->out = arena_span(g->to, db_text(s, 0));
		g->found = true;
	}
	db_reset(s);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err hub_setting_get(struct accord *a, struct arena *to, const char *key, struct span *out, bool *is_default, struct fault *f)
{
	const struct hub_setting *s = find(key, f);
	struct get g = { key, to, { 0 }, false };
	enum err e = s ? hub_settings_open(a, f) : ERR_NOTFOUND;

	if (e == ERR_OK)
		e = store_read(accord_store(a), get_row, &g, f);
	if (e != ERR_OK)
		return e;
	/* A value from another version's range falls back to the default. */
	if (g.found && check(s, g.out, NULL) != ERR_OK)
		g.found = false;
	*out = g.found ? g.out : span_of(s->fallback);
	if (is_default)
		*is_default = !g.found;
	return ERR_OK;
}

struct set {
	const char *key;
	struct span value;
	bool reset;
};

static enum err set_row(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct set *v = ctx;
	struct db_stmt *s = v->reset ? db_prepare(store_tx_db(tx), "DELETE FROM hub_setting WHERE key = ?", f) : db_prepare(store_tx_db(tx), "INSERT INTO hub_setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, span_of(v->key));
	if (!v->reset)
		db_bind_text(s, 2, v->value);
	return db_run(s, f);
}

enum err hub_setting_set(struct accord *a, const char *key, const char *value, struct fault *f)
{
	const struct hub_setting *s = find(key, f);
	struct set v = { key, span_of(value), s && !strcmp(value, s->fallback) };
	enum err e = s ? check(s, v.value, f) : ERR_NOTFOUND;

	if (e == ERR_OK)
		e = hub_settings_open(a, f);
	return e == ERR_OK ? store_write(accord_store(a), set_row, &v, f) : e;
}

struct all {
	struct arena *to;
	struct hub_values *out;
};

static enum err all_rows(void *ctx, struct db *db, struct fault *f)
{
	struct all *a = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT key, value FROM hub_setting", f);
	enum err e = ERR_DB;

	while (s && (e = db_step(s, f)) == ERR_OK)
		for (size_t i = 0; i < hub_settings_n; i++)
			if (span_is(db_text(s, 0), hub_settings[i].key) && check(&hub_settings[i], db_text(s, 1), NULL) == ERR_OK)
				a->out->text[i] = arena_span(a->to, db_text(s, 1));
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err hub_values_read(struct accord *a, struct arena *to, struct hub_values *out, struct fault *f)
{
	struct all all = { to, out };
	enum err e;

	for (size_t i = 0; i < hub_settings_n; i++)
		out->text[i] = span_of(hub_settings[i].fallback);
	e = store_read(accord_store(a), all_rows, &all, f);
	for (size_t i = 0; i < hub_settings_n; i++)
		if (hub_settings[i].type[0] != 't' && !parse_number(&hub_settings[i], out->text[i], &out->number[i]))
			return fault_set(f, ERR_INTERNAL, hub_settings[i].key, "the default is out of its own range");
	return e == ERR_OK && !arena_ok(to) ? fault_set(f, ERR_NOMEM, "", "no memory for the settings") : e;
}
