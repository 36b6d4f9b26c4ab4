/* SPDX-License-Identifier: Apache-2.0 */
/* Media types as Accept and Content-Type say them (RFC 9110 §8.3, §12.5.1; TAXII 2.1 §1.6.8, §3.1). */
#include <strings.h>
#include "taxii/taxii.h"

/* What is wanted; version NULL: parameters do not matter. */
struct media_want {
	const char *type, *subtype, *version;
};
static const struct media_want taxii = { "application", "taxii+json", "2.1" }, json = { "application", "json", NULL };

/* One media range read from a header: text up to the next comma outside quotes. */
struct media_range {
	struct span type, subtype, version, charset;
	bool has_version, has_charset, bad;
	unsigned q; /* thousandths */
};

static bool token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *skip_blank(const char *s)
{
	return s + strspn(s, " \t");
}

static struct span take_token(const char **s)
{
	const char *from = *s;
	while (token_char(**s))
		(*s)++;
	return (struct span){ from, (size_t)(*s - from) };
}

static bool same(struct span a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* A token or a quoted string; escapes stay as they are (no value asked for here has any). */
static bool take_value(const char **s, struct span *out)
{
	if (**s != '"') {
		*out = take_token(s);
		return out->n > 0;
	}
	const char *from = ++*s;
	while (**s && **s != '"')
		*s += **s == '\\' && (*s)[1] ? 2 : 1;
	*out = (struct span){ from, (size_t)(*s - from) };
	if (**s != '"')
		return false;
	(*s)++;
	return true;
}

/* "0", "0.5", "1.000" in thousandths; false otherwise. */
static bool read_quality(struct span v, unsigned *out)
{
	if (v.n < 1 || v.n > 5 || (v.p[0] != '0' && v.p[0] != '1') || (v.n > 1 && v.p[1] != '.'))
		return false;
	unsigned q = (unsigned)(v.p[0] - '0') * 1000, unit = 100;
	for (size_t i = 2; i < v.n; i++, unit /= 10) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		q += (unsigned)(v.p[i] - '0') * unit;
	}
	*out = q;
	return q <= 1000;
}

static bool take_parameter(const char **s, struct media_range *r)
{
	struct span name = take_token(s), value;
	if (name.n == 0)
		return true; /* "a/b;" and "a/b; ;x=y" are harmless */
	if (**s != '=')
		return false;
	(*s)++;
	if (!take_value(s, &value))
		return false;
	if (same(name, "q"))
		return read_quality(value, &r->q);
	if (same(name, "version")) {
		r->version = value;
		r->has_version = true;
	} else if (same(name, "charset")) {
		r->charset = value;
		r->has_charset = true;
	}
	return true;
}

/* Moves *s past one range and the comma after it. */
static struct media_range take_range(const char **s)
{
	struct media_range r = { .q = 1000 };
	const char *p = skip_blank(*s);
	r.type = take_token(&p);
	r.bad = r.type.n == 0 || *p != '/';
	if (!r.bad) {
		p++;
		r.subtype = take_token(&p);
		r.bad = r.subtype.n == 0;
	}
	p = skip_blank(p);
	while (!r.bad && *p == ';') {
		p = skip_blank(p + 1);
		r.bad = !take_parameter(&p, &r);
		p = skip_blank(p);
	}
	r.bad = r.bad || (*p && *p != ',');
	p += strcspn(p, ",");
	*s = p + (*p == ',');
	return r;
}

/* How exactly the range names what is wanted: 0 not at all, then any, any subtype, type, type with version. */
static int fits(const struct media_range *r, const struct media_want *w)
{
	if (same(r->type, "*") && same(r->subtype, "*"))
		return 1;
	if (!same(r->type, w->type))
		return 0;
	if (same(r->subtype, "*"))
		return 2;
	if (!same(r->subtype, w->subtype))
		return 0;
	if (!w->version || !r->has_version)
		return 3;
	return span_is(r->version, w->version) ? 4 : 0;
}

/* The most exact range that fits decides by its quality (RFC 9110 §12.5.1); a range that cannot be read counts as not there. */
static bool accepts(const char *accept, const struct media_want *w)
{
	if (!accept || *skip_blank(accept) == '\0')
		return true;
	int best = 0;
	unsigned q = 0;
	for (const char *s = accept; *s;) {
		struct media_range r = take_range(&s);
		int how = r.bad ? 0 : fits(&r, w);
		if (how > best || (how && how == best && r.q > q)) {
			best = how;
			q = r.q;
		}
	}
	return q > 0;
}

bool taxii_accepts(const char *accept)
{
	return accepts(accept, &taxii);
}

bool taxii_accepts_json(const char *accept)
{
	return accepts(accept, &json);
}

bool taxii_is_content(const char *content_type)
{
	if (!content_type)
		return false;
	struct media_range r = take_range(&content_type);
	return !r.bad && *content_type == '\0' && fits(&r, &taxii) >= 3 && (!r.has_charset || same(r.charset, "utf-8"));
}
