/* SPDX-License-Identifier: Apache-2.0 */
/* The finders, one a kind of value.  Each looks at a place where a word begins. */
#include <stdlib.h>
#include "formats/export_priv.h"
#include "formats/extract_priv.h"

static struct span cut(const struct prose *t, size_t from, size_t to)
{
	return (struct span){ t->p + from, to - from };
}

static bool caught(struct catch *c, enum formats_sort sort, struct span value, size_t end, enum formats_doubt doubt)
{
	*c = (struct catch){ .sort = value.n ? sort : FORMATS_SORTS, .value = value, .end = end, .doubt = doubt };
	return true;
}

static bool look_at(const struct prose *t, size_t at, char c)
{
	return at < t->n && t->p[at] == c;
}

static bool find_name(const struct prose *t, size_t at, struct catch *c);

/* ---- addresses ---- */

static bool in_network(const uint8_t b[4], const uint8_t network[4], int bits)
{
	for (int i = 0; i < bits; i++) {
		if ((b[i / 8] ^ network[i / 8]) & (0x80 >> i % 8))
			return false;
	}
	return true;
}

static enum formats_doubt doubt_ipv4(struct span normal)
{
	static const struct {
		uint8_t network[4];
		int bits;
		enum formats_doubt doubt;
	} reserved[] = {
		{ { 0 }, 8, FORMATS_DOUBT_PRIVATE },
		{ { 10 }, 8, FORMATS_DOUBT_PRIVATE },
		{ { 100, 64 }, 10, FORMATS_DOUBT_PRIVATE },
		{ { 127 }, 8, FORMATS_DOUBT_PRIVATE },
		{ { 169, 254 }, 16, FORMATS_DOUBT_PRIVATE },
		{ { 172, 16 }, 12, FORMATS_DOUBT_PRIVATE },
		{ { 192, 0, 0 }, 24, FORMATS_DOUBT_PRIVATE },
		{ { 192, 0, 2 }, 24, FORMATS_DOUBT_DOCUMENTATION },
		{ { 192, 168 }, 16, FORMATS_DOUBT_PRIVATE },
		{ { 198, 18 }, 15, FORMATS_DOUBT_PRIVATE },
		{ { 198, 51, 100 }, 24, FORMATS_DOUBT_DOCUMENTATION },
		{ { 203, 0, 113 }, 24, FORMATS_DOUBT_DOCUMENTATION },
		{ { 224 }, 3, FORMATS_DOUBT_PRIVATE }, /* multicast, reserved, broadcast */
	};
	uint8_t b[4] = { 0 };
	const char *slash = memchr(normal.p, '/', normal.n), *end = slash ? slash : normal.p + normal.n;
	int bits = slash ? 0 : 32;
	size_t k = 0;

	for (const char *p = normal.p; p < end && k < 4; p++) {
		if (*p == '.')
			k++;
		else
			b[k] = (uint8_t)(b[k] * 10 + (*p - '0'));
	}
	for (const char *p = slash ? slash + 1 : normal.p + normal.n; p < normal.p + normal.n; p++)
		bits = bits * 10 + (*p - '0');
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) { /* in it, or around it */
		if (in_network(b, reserved[i].network, bits < reserved[i].bits ? bits : reserved[i].bits))
			return reserved[i].doubt;
	}
	return FORMATS_DOUBT_NONE;
}

/* "version 1.2.3.4", "v1.2.3.4", "Firefox/1.2.3.4" */
static bool version_before(const struct prose *t, size_t at)
{
	static const char *const words[] = { "version", "ver", "ver.", "v", "v.", "release", "build", "バージョン", "phiên bản", "เวอร์ชัน" };
	size_t end = at;

	if (at && t->p[at - 1] == '/' && at > 1 && formats_letter(t->p[at - 2]))
		return true;
	while (end && (t->p[end - 1] == ' ' || t->p[end - 1] == ':'))
		end--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);
		if (end >= n && formats_same(cut(t, end - n, end), words[i]) && ((unsigned char)words[i][0] >= 0x80 || !prose_joined(t, end - n)))
			return true;
	}
	return false;
}

static bool find_ipv4(const struct prose *t, size_t at, struct catch *c)
{
	size_t i = at, dots = 0;

	if (!formats_digit(t->p[at]) || (at && t->p[at - 1] == '.'))
		return false;
	for (; i < t->n && (formats_digit(t->p[i]) || (t->p[i] == '.' && i + 1 < t->n && formats_digit(t->p[i + 1]))); i++)
		dots += t->p[i] == '.';
	bool goes_on = look_at(t, i, '.') && prose_word(t, i + 1); /* 1.2.3.4.evil.example */
	if (goes_on && find_name(t, at, c) && c->sort != FORMATS_SORTS)
		return true;
	if (dots != 3) {
		bool number = !goes_on && !prose_word(t, i); /* 1.2.3 and 1.2.3.4.5 are nothing; 3com.example goes on */
		return dots && number ? caught(c, FORMATS_SORTS, (struct span){ "", 0 }, i, FORMATS_DOUBT_NONE) : false;
	}
	size_t end = i;
	if (look_at(t, i, '/') && i + 1 < t->n && formats_digit(t->p[i + 1])) {
		size_t k = i + 1;
		while (k < t->n && formats_digit(t->p[k]))
			k++;
		if (!prose_word(t, k) && k - i <= 3)
			end = k;
	}
	if (prose_word(t, i) && t->p[i] != '-' && t->p[i] != '_')
		return false; /* 1.2.3.4abc */
	struct span value = formats_normal(t->a, FORMATS_IPV4, cut(t, at, end));
	enum formats_doubt doubt = value.n ? doubt_ipv4(value) : FORMATS_DOUBT_NONE;
	return caught(c, FORMATS_IPV4, value, end, version_before(t, at) ? FORMATS_DOUBT_VERSION : doubt);
}

static enum formats_doubt doubt_ipv6(struct span normal)
{
	if (formats_starts(normal, "2001:db8:") || formats_starts(normal, "3fff:"))
		return FORMATS_DOUBT_DOCUMENTATION;
	return normal.p[0] == '2' || normal.p[0] == '3' ? FORMATS_DOUBT_NONE : FORMATS_DOUBT_PRIVATE;
}

bool formats_private(enum formats_sort sort, struct span normal)
{
	return (sort == FORMATS_IPV4 && doubt_ipv4(normal) == FORMATS_DOUBT_PRIVATE) || (sort == FORMATS_IPV6 && doubt_ipv6(normal) == FORMATS_DOUBT_PRIVATE);
}

static bool find_ipv6(const struct prose *t, size_t at, struct catch *c)
{
	size_t i = at, colons = 0, digits = 0;

	if ((!formats_hex(t->p[at]) && t->p[at] != ':') || (at && t->p[at - 1] == ':'))
		return false;
	for (; i < t->n && (formats_hex(t->p[i]) || t->p[i] == ':' || (t->p[i] == '.' && colons > 1 && i + 1 < t->n && formats_digit(t->p[i + 1]))); i++) {
		colons += t->p[i] == ':';
		digits += formats_digit(t->p[i]);
	}
	/* what is said of a value ends with a colon: "2001:db8::1: …" */
	if (i > at + 1 && t->p[i - 1] == ':' && t->p[i - 2] != ':')
		i--;
	if (colons < 2 || !digits || (colons < 3 && t->p[at] != '2' && t->p[at] != '3') || prose_word(t, i))
		return false;
	size_t end = i;
	if (look_at(t, i, '/') && i + 1 < t->n && formats_digit(t->p[i + 1])) {
		end = i + 1;
		while (end < t->n && formats_digit(t->p[end]))
			end++;
	}
	struct span value = formats_normal(t->a, FORMATS_IPV6, cut(t, at, end));
	if (!value.n)
		return false;
	bool four = !memchr(value.p, ':', value.n);
	return caught(c, four ? FORMATS_IPV4 : FORMATS_IPV6, value, end, four ? doubt_ipv4(value) : doubt_ipv6(value));
}

/* ---- names ---- */

static bool listed(struct span s, const char *words)
{
	char word[24] = " ";

	if (!s.n || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++)
		word[1 + i] = formats_lower(s.p[i]);
	word[1 + s.n] = ' ';
	return strstr(words, word) != NULL;
}

static struct span last_label(struct span name)
{
	size_t i = name.n;

	while (i && name.p[i - 1] != '.')
		i--;
	return formats_from(name, i);
}

/* Endings of files that are top-level domains too, or that are never any. */
static bool file_ending(struct span label)
{
	static const char both[] = " zip mov py sh md pl rs app so ps cc ai st ml ms pub do vi gz lz cab ";
	static const char never[] = " exe dll sys bat cmd scr vbs vbe js jse wsf ps1 psm1 jar class doc docx docm dot dotm xls xlsx xlsm xlsb ppt pptx pptm pdf rtf lnk hta iso img vhd vhdx "
				    "msi msix bin dat tmp bak log txt csv tsv xml json yaml yml toml ini conf cfg php phtml asp aspx ashx jsp jspx html htm css png jpg jpeg gif bmp ico svg mp3 "
				    "mp4 avi rar 7z tar tgz xz bz2 apk ipa elf one eml msg pst evtx pcap pcapng db sqlite sql ocx cpl drv efi hwp go c h cpp hpp cs java rb lua swf ttf woff "
				    "dmp key pem crt cer pfx asc sig yar yara rules ";

	return listed(label, both) || listed(label, never);
}

static bool special_use(struct span label)
{
	return listed(label, " example test invalid local localhost internal onion i2p bit lan home corp ");
}

/* "end.In the" is no name in India. */
static bool sentence_border(struct span text)
{
	const char *dot = memchr(text.p, '.', text.n);

	if (!dot || memchr(dot + 1, '.', text.n - (size_t)(dot + 1 - text.p)))
		return false;
	char first = text.p[0], second = dot[1], third = dot + 2 < text.p + text.n ? dot[2] : 'a';
	return first >= 'a' && first <= 'z' && second >= 'A' && second <= 'Z' && third >= 'a' && third <= 'z';
}

/* What stands as a name: its doubt; FORMATS_DOUBTS: none at all. */
static enum formats_doubt judge_name(const struct prose *t, struct span text, struct span value, bool defanged)
{
	struct span tld = last_label(value), first = { value.p, strcspn(value.p, ".") };
	bool two = first.n + 1 + tld.n == value.n;

	if (special_use(tld))
		return listed(tld, " example test invalid ") ? FORMATS_DOUBT_DOCUMENTATION : listed(tld, " onion i2p bit ") ? FORMATS_DOUBT_NONE
															    : FORMATS_DOUBT_PRIVATE;
	enum formats_name n = t->name_of ? t->name_of(value) : FORMATS_NAME_HOST;
	if (n == FORMATS_NAME_UNKNOWN)
		return FORMATS_DOUBTS;
	if (!defanged && file_ending(tld) && (two || !t->name_of))
		return FORMATS_DOUBT_FILE;
	if (n == FORMATS_NAME_SUFFIX)
		return FORMATS_DOUBT_SUFFIX;
	if (!defanged && (span_is(value, "asp.net") || span_is(value, "vb.net") || span_is(value, "ado.net") || span_is(value, "socket.io")))
		return FORMATS_DOUBT_PRODUCT;
	return !defanged && sentence_border(text) ? FORMATS_DOUBT_SENTENCE : FORMATS_DOUBT_NONE;
}

/* End of the run of labels from `at` on. */
static size_t name_end(const struct prose *t, size_t at)
{
	size_t i = at, n;

	while (i < t->n) {
		if ((n = prose_word(t, i)) != 0)
			i += n;
		else if (t->p[i] == '.' && i > at && t->p[i - 1] != '.' && prose_word(t, i + 1))
			i++;
		else
			break;
	}
	while (i > at && (t->p[i - 1] == '-' || t->p[i - 1] == '_')) /* markup: _evil.example_ */
		i--;
	return i;
}

static bool was_defanged(const struct prose *t, size_t from, size_t to)
{
	return t->map[to] - t->map[from] != to - from;
}

/* Where the part of a URL that may stand in prose ends. */
static size_t url_end(const struct prose *t, size_t host, size_t i)
{
	size_t open = 0;

	for (; i < t->n && i - host < FORMATS_VALUE_MOST && (unsigned char)t->p[i] > ' ' && (unsigned char)t->p[i] < 0x7F && !strchr("\"<>`{}|\\^", t->p[i]); i++) {
		open += t->p[i] == '(';
		if (t->p[i] == ')') {
			if (!open)
				break;
			open--;
		}
		if (t->p[i] == ']' && !memchr(t->p + host, '[', i - host))
			break;
	}
	while (i > host && strchr(".,;:!?'*_([", t->p[i - 1]))
		i--;
	return i;
}

static bool find_url(const struct prose *t, size_t at, struct catch *c)
{
	static const char *const schemes[] = { "http", "https", "ftp", "ftps", "sftp", "tftp", "ws", "wss", "tcp", "udp", "ldap", "ldaps", "smb", "ssh", "rtsp" };
	size_t i = at, n;

	while (i < t->n && i - at < 6 && formats_letter(t->p[i]))
		i++;
	if (i == at || t->n - i < 4 || memcmp(t->p + i, "://", 3) != 0)
		return false;
	bool known = false;
	for (size_t k = 0; k < sizeof(schemes) / sizeof(schemes[0]); k++)
		known |= formats_same(cut(t, at, i), schemes[k]);
	if (!known)
		return false;
	size_t host = i + 3, end = host;
	if ((unsigned char)t->p[host] >= 0x80) { /* a name in another script stands right behind the slashes, and goes on to the first sign that is none */
		while (end < t->n && end - host < 1024 && ((unsigned char)t->p[end] >= 0x80 || prose_word(t, end) || (t->p[end] == '.' && end + 1 < t->n && !formats_blank(t->p[end + 1]))))
			end++;
	} else {
		while (end < t->n && (n = prose_word(t, end)) != 0)
			end += n;
	}
	end = url_end(t, host, end);
	struct span text = cut(t, at, end), value = end > host ? formats_normal(t->a, FORMATS_URL, text) : (struct span){ "", 0 };
	return caught(c, FORMATS_URL, value, end > at ? end : host, FORMATS_DOUBT_NONE);
}

static bool find_email(const struct prose *t, size_t at, struct catch *c)
{
	size_t i = at;

	while (i < t->n && i - at <= 64 && (formats_word(t->p[i]) || (i > at && strchr(".+%'", t->p[i]) && t->p[i])))
		i++;
	if (i == at || !look_at(t, i, '@') || t->p[i - 1] == '.')
		return false;
	size_t end = name_end(t, i + 1);
	struct span host = formats_normal(t->a, FORMATS_DOMAIN, cut(t, i + 1, end));
	if (!host.n || !memchr(host.p, '.', host.n) || judge_name(t, host, host, true) == FORMATS_DOUBTS)
		return false;
	enum formats_doubt doubt = judge_name(t, host, host, true);
	return caught(c, FORMATS_EMAIL, formats_normal(t->a, FORMATS_EMAIL, cut(t, at, end)), end, doubt == FORMATS_DOUBT_SUFFIX ? FORMATS_DOUBT_NONE : doubt);
}

/* Part of a path of a file: C:\temp\run.sh, /usr/bin/evil.sh; "//host" is none. */
static bool in_path(const struct prose *t, size_t at)
{
	return at && (t->p[at - 1] == '\\' || (t->p[at - 1] == '/' && !(at > 1 && t->p[at - 2] == '/')));
}

static bool find_name(const struct prose *t, size_t at, struct catch *c)
{
	size_t end = name_end(t, at);
	struct span text = cut(t, at, end);

	if (end == at || !memchr(text.p, '.', text.n) || t->p[at] == '-' || (t->p[at] == '_' && look_at(t, end, '_')))
		return false; /* signs of markup are taken off by the walk */
	if (text.n > 1000)
		return caught(c, FORMATS_SORTS, (struct span){ "", 0 }, end, FORMATS_DOUBT_NONE);
	bool defanged = was_defanged(t, at, end);
	struct span value = formats_normal(t->a, FORMATS_DOMAIN, text);
	enum formats_doubt doubt = value.n && memchr(value.p, '.', value.n) ? judge_name(t, text, value, defanged) : FORMATS_DOUBTS;
	if (doubt != FORMATS_DOUBTS && !defanged && in_path(t, at))
		doubt = FORMATS_DOUBT_FILE;
	if (doubt == FORMATS_DOUBTS || look_at(t, end, '(')) /* nothing, or a call: foo.bar() */
		return caught(c, FORMATS_SORTS, (struct span){ "", 0 }, end, FORMATS_DOUBT_NONE);
	if (look_at(t, end, '/') && !formats_doubt_left(doubt)) { /* evil.example/gate.php */
		size_t path = url_end(t, at, end);
		if (path > end + 1)
			return caught(c, FORMATS_URL, formats_normal(t->a, FORMATS_URL, span_of(arena_printf(t->a, "http://%.*s", (int)(path - at), t->p + at))), path, FORMATS_DOUBT_NONE);
	}
	return caught(c, FORMATS_DOMAIN, value, end, doubt);
}

/* ---- words of a fixed form ---- */

static size_t word_end(const struct prose *t, size_t at)
{
	size_t i = at, n;

	while ((n = prose_word(t, i)) != 0)
		i += n;
	return i;
}

static bool find_hash(const struct prose *t, size_t at, struct catch *c)
{
	static const struct {
		size_t digits;
		enum formats_sort sort;
	} hashes[] = { { 32, FORMATS_MD5 }, { 40, FORMATS_SHA1 }, { 64, FORMATS_SHA256 }, { 128, FORMATS_SHA512 } };
	size_t i = at;

	while (i < t->n && i - at <= 128 && formats_hex(t->p[i]))
		i++;
	if (i - at < 32 || prose_word(t, i))
		return false;
	for (size_t k = 0; k < 4; k++) {
		if (i - at == hashes[k].digits)
			return caught(c, hashes[k].sort, formats_normal(t->a, hashes[k].sort, cut(t, at, i)), i, FORMATS_DOUBT_NONE);
	}
	return false;
}

static bool find_cve(const struct prose *t, size_t at, struct catch *c)
{
	if (!formats_starts(cut(t, at, t->n), "cve-"))
		return false;
	size_t end = at + 4;
	while (end < t->n && (formats_digit(t->p[end]) || (t->p[end] == '-' && end + 1 < t->n && formats_digit(t->p[end + 1]))))
		end++;
	struct span value = formats_normal(t->a, FORMATS_CVE, cut(t, at, end));
	return value.n && !(prose_word(t, end) && t->p[end] != '-' && t->p[end] != '_') ? caught(c, FORMATS_CVE, value, end, FORMATS_DOUBT_NONE) : false;
}

static bool find_attack(const struct prose *t, size_t at, struct catch *c)
{
	size_t end = at;

	if (!strchr("TSGMCD", t->p[at]))
		return false;
	while (end < t->n && end - at < 10 && (formats_digit(t->p[end]) || formats_letter(t->p[end]) || (t->p[end] == '.' && end + 1 < t->n && formats_digit(t->p[end + 1]))))
		end++;
	if (prose_word(t, end))
		return false;
	struct span value = formats_normal(t->a, FORMATS_ATTACK, cut(t, at, end));
	return value.n ? caught(c, FORMATS_ATTACK, value, end, FORMATS_DOUBT_NONE) : false;
}

static bool find_ja4(const struct prose *t, size_t at, struct catch *c)
{
	size_t end = word_end(t, at);
	struct span value = end - at == 36 ? formats_normal(t->a, FORMATS_JA4, cut(t, at, end)) : (struct span){ NULL, 0 };

	return value.n ? caught(c, FORMATS_JA4, value, end, FORMATS_DOUBT_NONE) : false;
}

formats_finder *const formats_finders[] = { find_url, find_email, find_hash, find_cve, find_attack, find_ja4, find_ipv6, find_ipv4, find_name, NULL };
