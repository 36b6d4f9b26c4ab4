/* SPDX-License-Identifier: Apache-2.0 */
/* musubi config: a hub's settings, from the hub's own table. */
#include <inttypes.h>
#include "cli/open.h"
#include "hub/hub.h"
#include "util/bounds.h"

static void json_setting(struct json_out *o, const struct hub_setting *s, struct span value, bool is_default)
{
	json_open(o, '{');
	json_kstr(o, "key", s->key);
	json_kspan(o, "value", value);
	json_kbool(o, "default", is_default);
	json_kstr(o, "type", s->type);
	json_kstr(o, "fallback", s->fallback);
	if (strcmp(s->type, "integer") == 0) {
		json_kint(o, "min", s->min);
		json_kint(o, "max", s->max);
	}
	json_kstr(o, "unit", s->unit);
	json_kstr(o, "doc", s->doc);
	json_close(o, '}');
}

static const struct hub_setting *find(const char *key)
{
	for (size_t i = 0; i < hub_settings_n; i++)
		if (strcmp(hub_settings[i].key, key) == 0)
			return &hub_settings[i];
	return NULL;
}

static enum err list_json(struct cmd_args *a, struct accord *h, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	json_open(&o, '[');
	for (size_t i = 0; i < hub_settings_n; i++) {
		struct span value;
		bool is_default;
		enum err e = hub_setting_get(h, cmd_arena(a), hub_settings[i].key, &value, &is_default, f);
		if (e != ERR_OK)
			return e;
		json_setting(&o, &hub_settings[i], value, is_default);
	}
	json_close(&o, ']');
	return open_print_json(&b);
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "KEY", "VALUE", "DEFAULT", "RANGE", "MEANING" };
	struct cmd_grid *g = cmd_grid_new(a, headings, 5);

	for (size_t i = 0; i < hub_settings_n; i++) {
		const struct hub_setting *s = &hub_settings[i];
		struct span value;
		bool is_default, number = strcmp(s->type, "integer") == 0;
		enum err e = hub_setting_get(h, cmd_arena(a), s->key, &value, &is_default, f);
		if (e != ERR_OK)
			return e;
		cmd_grid_add(g, span_of(s->key));
		cmd_grid_add(g, value);
		cmd_grid_add(g, span_of(s->fallback));
		cmd_grid_add(g, span_of(number ? arena_printf(cmd_arena(a), "%" PRId64 "-%" PRId64 " %s", s->min, s->max, s->unit ? s->unit : "") : s->type));
		cmd_grid_add(g, span_of(s->doc));
	}
	cmd_grid_print(g, NULL);
	return ERR_OK;
}

static enum err get(struct cmd_args *a, struct accord *h, const char *key, struct fault *f)
{
	struct span value;
	bool is_default;
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 16);
	enum err e = hub_setting_get(h, cmd_arena(a), key, &value, &is_default, f);
	if (e != ERR_OK)
		return e;
	if (!cmd_json(a)) {
		cmd_print("%.*s\n", SPAN_ARG(value));
		return ERR_OK;
	}
	struct json_out o = json_out(&b);
	json_setting(&o, find(key), value, is_default);
	return open_print_json(&b);
}

static enum err config(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *key = cmd_arg(a, 1), *value = cmd_arg(a, 2);

	if (!key)
		return cmd_json(a) ? list_json(a, h, f) : list(a, h, f);
	if (value) {
		enum err e = hub_setting_set(h, key, value, f);
		if (e != ERR_OK)
			return e;
	}
	return get(a, h, key, f);
}

static int run(struct cmd_args *a)
{
	return open_run(a, config);
}

const struct cmd cmd_config = {
	.name = "config",
	.arguments = "DIR [KEY [VALUE]]",
	.min_args = 1,
	.max_args = 3,
	.brief = "show or change a hub's settings",
	.help = "Without KEY: all settings with their values, defaults, ranges and meanings. With KEY: its value. With VALUE: sets it, within its range.\n\n"
		"  musubi config ./hub\n  musubi config ./hub page.objects 1000",
	.run = run,
};
