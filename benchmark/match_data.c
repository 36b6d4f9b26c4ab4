/* SPDX-License-Identifier: Apache-2.0 */
/* Logs and lists for ./bench match: made up, with the mix of tokens that real ones have, and what is planted in them known. */
#include "match_bench.h"
#include <stdlib.h>

struct rng {
	uint64_t s;
};

static uint32_t roll(struct rng *r, uint32_t n)
{
	r->s = r->s * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(((r->s >> 33) * (uint64_t)n) >> 31);
}

/* Few are common, most are rare: the square of an even distribution. */
static uint32_t skewed(struct rng *r, uint32_t n)
{
	uint64_t a = roll(r, 1u << 16), b = roll(r, 1u << 16);

	return (uint32_t)((a * b >> 16) * n >> 16);
}

static const char *const syllables[] = { "ba", "ter", "lo", "mi", "cor", "san", "ex", "net", "ta", "ne", "vi", "pro", "co", "data", "log", "ser", "web", "in", "fo", "host", "cloud", "me", "dia", "shop", "tech",
	"go", "app", "link", "mar", "ket" };
static const char *const tops[] = { "com", "com", "com", "com", "net", "org", "io", "info", "ru", "cn", "xyz", "top", "co.uk", "com.br", "jp", "co.jp", "de" };
static const char *const parents[] = { "cloudfront.net", "amazonaws.com", "akamaiedge.net", "googleusercontent.com", "azureedge.net", "windows.net", "fastly.net", "github.io", "blogspot.com", "duckdns.org",
	"ngrok.io", "weebly.com" };
#define COUNT(v) ((uint32_t)(sizeof(v) / sizeof((v)[0])))

/* The number-th name of a world: the same number gives the same name. */
static void put_name(struct buf *b, uint64_t world, uint64_t number)
{
	struct rng r = { world * 0x9E3779B97F4A7C15u ^ number * 0xD6E8FEB86659FD93u };

	roll(&r, 2);
	for (uint32_t k = roll(&r, 100) < 45 ? 1 + roll(&r, 2) : 0; k > 0; k--) {
		static const char *const subs[] = { "www", "api", "cdn", "mail", "static", "img", "login", "edge", "ads", "tracking" };

		if (roll(&r, 3))
			buf_addf(b, "%s.", subs[roll(&r, COUNT(subs))]);
		else
			buf_addf(b, "%s%u.", syllables[roll(&r, COUNT(syllables))], roll(&r, 1000));
	}
	if (roll(&r, 100) < 8) {
		buf_addf(b, "%s%08x.%s", syllables[roll(&r, COUNT(syllables))], roll(&r, 1u << 31), parents[roll(&r, COUNT(parents))]);
		return;
	}
	for (uint32_t k = 2 + roll(&r, 3); k > 0; k--)
		buf_adds(b, syllables[roll(&r, COUNT(syllables))]);
	buf_addf(b, "%u.%s", roll(&r, 100000), tops[roll(&r, COUNT(tops))]);
}

static void put_ip(struct buf *b, uint64_t world, uint64_t number)
{
	struct rng r = { world * 0x9E3779B97F4A7C15u ^ number * 0xD6E8FEB86659FD93u };

	roll(&r, 2);
	buf_addf(b, "%u.%u.%u.%u", 11 + roll(&r, 200), roll(&r, 256), roll(&r, 256), 1 + roll(&r, 254));
}

static void put_hex(struct buf *b, uint64_t number, size_t n)
{
	struct rng r = { number * 0xD6E8FEB86659FD93u };

	for (size_t i = 0; i < n; i++)
		buf_addc(b, "0123456789abcdef"[roll(&r, 16)]);
}

enum { LISTED = 1,
	SEEN = 2 };

/* Half names, three tenths addresses, the rest URLs and hashes, as the open lists have them. */
static void put_listed(struct buf *b, uint64_t number)
{
	switch (number % 20) {
	case 0: put_hex(b, number, number % 40 ? 32 : 64); break;
	case 1:
	case 2:
	case 3:
		buf_addf(b, number % 3 ? "http://" : "https://");
		if (number % 6 == 1)
			put_ip(b, LISTED, number);
		else
			put_name(b, LISTED, number);
		buf_addf(b, "/%s/%x.php", syllables[number % COUNT(syllables)], (unsigned)(number * 2654435761u));
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
	case 9: put_ip(b, LISTED, number); break;
	default: put_name(b, LISTED, number);
	}
}

void bench_list(struct buf *out, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		put_listed(out, i);
		buf_addc(out, '\n');
	}
}

/* ---- logs ---- */

struct making {
	struct rng r;
	uint64_t listed, time;
	double rate;
	bool planted; /* in the line in hand */
	const char *note;
};

/* A listed name or address now and then, else one of those that everybody sees. */
static uint64_t plant(struct making *m, unsigned low, unsigned high)
{
	uint64_t n;

	if (m->planted || roll(&m->r, 1u << 30) >= m->rate * (1u << 30))
		return UINT64_MAX;
	m->planted = true;
	n = roll(&m->r, (uint32_t)(m->listed / 20)) * 20ull;
	return n + low + roll(&m->r, high - low);
}

static void name(struct making *m, struct buf *b)
{
	uint64_t n = plant(m, 10, 20);

	if (n != UINT64_MAX)
		put_name(b, LISTED, n);
	else
		put_name(b, SEEN, skewed(&m->r, 60000));
}

static void outside(struct making *m, struct buf *b)
{
	uint64_t n = plant(m, 4, 10);

	if (n != UINT64_MAX)
		put_ip(b, LISTED, n);
	else
		put_ip(b, SEEN, roll(&m->r, 8) ? skewed(&m->r, 5000) : 100000 + roll(&m->r, 1u << 28));
}

static void inside(struct making *m, struct buf *b)
{
	buf_addf(b, "10.%u.%u.%u", roll(&m->r, 4), roll(&m->r, 40), 1 + roll(&m->r, 250));
}

static void path(struct making *m, struct buf *b)
{
	static const char *const ends[] = { "index.html", "app.js", "style.css", "image.png", "api/v1/items", "feed.xml", "logo.svg", "" };

	for (uint32_t k = roll(&m->r, 4); k > 0; k--)
		buf_addf(b, "/%s%u", syllables[roll(&m->r, COUNT(syllables))], roll(&m->r, 100));
	buf_addf(b, "/%s", ends[roll(&m->r, COUNT(ends))]);
	if (roll(&m->r, 4) == 0)
		buf_addf(b, "?id=%u&s=%08x", roll(&m->r, 100000), roll(&m->r, 1u << 31));
}

static const char *const agents[] = { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.4) Gecko/20070515 Firefox/2.0.0.4", "curl/8.5.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "python-requests/2.31.0" };

static void stamp(struct making *m, struct buf *b, const char *between, bool micro)
{
	uint64_t t = m->time += 1 + roll(&m->r, 20000), s = t / 1000000;

	buf_addf(b, "2026-11-%02u%s%02u:%02u:%02u", (unsigned)(1 + s / 86400 % 28), between, (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	if (micro)
		buf_addf(b, ".%06u", (unsigned)(t % 1000000));
}

static void eve_flow(struct making *m, struct buf *b, const char *type)
{
	buf_adds(b, "{\"timestamp\":\"");
	stamp(m, b, "T", true);
	buf_addf(b, "+0900\",\"flow_id\":%u%09u,\"in_iface\":\"eth0\",\"event_type\":\"%s\",\"src_ip\":\"", 100000 + roll(&m->r, 900000), roll(&m->r, 1000000000), type);
	inside(m, b);
	buf_addf(b, "\",\"src_port\":%u,\"dest_ip\":\"", 1024 + roll(&m->r, 60000));
	if (roll(&m->r, 12) == 0)
		buf_addf(b, "2001:0db8:%04x:0000:0000:0000:%04x:%04x", roll(&m->r, 65536), roll(&m->r, 65536), roll(&m->r, 65536));
	else
		outside(m, b);
	buf_addf(b, "\",\"dest_port\":%u,\"proto\":\"%s\"", roll(&m->r, 2) ? 443 : 53, roll(&m->r, 2) ? "TCP" : "UDP");
}

static void line_eve(struct making *m, struct buf *b)
{
	uint32_t kind = roll(&m->r, 10);

	if (kind < 3) {
		eve_flow(m, b, "dns");
		buf_adds(b, ",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":4711,\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"rrname\":\"");
		name(m, b);
		buf_adds(b, "\",\"rrtype\":\"A\",\"rcode\":\"NOERROR\",\"answers\":[{\"rrname\":\"");
		put_name(b, SEEN, skewed(&m->r, 60000));
		buf_addf(b, "\",\"rrtype\":\"A\",\"ttl\":%u,\"rdata\":\"", roll(&m->r, 3600));
		outside(m, b);
		buf_adds(b, "\"}]}}\n");
	} else if (kind < 5) {
		eve_flow(m, b, "tls");
		buf_addf(b, ",\"tls\":{\"subject\":\"CN=%s%u\",\"issuerdn\":\"C=US, O=Let's Encrypt, CN=R3\",\"serial\":\"%02X:%02X:%02X:%02X:%02X:%02X\",\"fingerprint\":\"", syllables[roll(&m->r, 30)], roll(&m->r, 1000),
			roll(&m->r, 256), roll(&m->r, 256), roll(&m->r, 256), roll(&m->r, 256), roll(&m->r, 256), roll(&m->r, 256));
		for (int i = 0; i < 20; i++)
			buf_addf(b, "%s%02x", i ? ":" : "", roll(&m->r, 256));
		buf_adds(b, "\",\"sni\":\"");
		name(m, b);
		buf_adds(b, "\",\"version\":\"TLS 1.3\",\"notbefore\":\"2026-08-01T00:00:00\",\"notafter\":\"2026-11-29T23:59:59\",\"ja3\":{\"hash\":\"");
		put_hex(b, roll(&m->r, 500) + 77000001, 32);
		buf_adds(b, "\",\"string\":\"771,4865-4866-4867-49195-49199,0-23-65281-10-11,29-23-24,0\"}}}\n");
	} else if (kind < 7) {
		eve_flow(m, b, "http");
		buf_adds(b, ",\"tx_id\":0,\"http\":{\"hostname\":\"");
		name(m, b);
		buf_adds(b, "\",\"url\":\"");
		path(m, b);
		buf_addf(b, "\",\"http_user_agent\":\"%s\",\"http_content_type\":\"text\\/html\",\"http_method\":\"GET\",\"protocol\":\"HTTP\\/1.1\",\"status\":200,\"length\":%u}}\n", agents[roll(&m->r, COUNT(agents))],
			roll(&m->r, 100000));
	} else {
		eve_flow(m, b, "flow");
		buf_addf(b, ",\"app_proto\":\"tls\",\"flow\":{\"pkts_toserver\":%u,\"pkts_toclient\":%u,\"bytes_toserver\":%u,\"bytes_toclient\":%u,\"start\":\"", roll(&m->r, 100), roll(&m->r, 100), roll(&m->r, 100000),
			roll(&m->r, 1000000));
		stamp(m, b, "T", true);
		buf_adds(b, "+0900\",\"end\":\"");
		stamp(m, b, "T", true);
		buf_addf(b, "+0900\",\"age\":%u,\"state\":\"closed\",\"reason\":\"timeout\",\"alerted\":false},\"tcp\":{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"1b\",\"syn\":true,\"fin\":true,\"psh\":true,"
			    "\"ack\":true,\"state\":\"closed\"}}\n",
			roll(&m->r, 60));
	}
}

static void line_bind(struct making *m, struct buf *b)
{
	size_t from;

	stamp(m, b, "T", false);
	buf_addf(b, ".%03uZ queries: info: client @0x7f%010x ", roll(&m->r, 1000), roll(&m->r, 1u << 31));
	inside(m, b);
	buf_addf(b, "#%u (", 1024 + roll(&m->r, 60000));
	from = b->n;
	name(m, b);
	buf_adds(b, "): query: ");
	{
		char again[300];
		size_t n = b->n - from - 10;

		memcpy(again, b->p + from, n);
		buf_add(b, again, n);
	}
	buf_addf(b, " IN %s +E(0)K (10.0.0.53)\n", roll(&m->r, 3) ? "A" : "AAAA");
}

static void epoch(struct making *m, struct buf *b)
{
	m->time += 1 + roll(&m->r, 20000);
	buf_addf(b, "%llu.%06u\tC%08x%07xa\t", (unsigned long long)(1795000000 + m->time / 1000000), (unsigned)(m->time % 1000000), roll(&m->r, 1u << 31), roll(&m->r, 1u << 27));
}

static void line_conn(struct making *m, struct buf *b)
{
	epoch(m, b);
	inside(m, b);
	buf_addf(b, "\t%u\t", 1024 + roll(&m->r, 60000));
	outside(m, b);
	buf_addf(b, "\t%u\ttcp\tssl\t%u.%06u\t%u\t%u\tSF\tT\tF\t0\tShADadfF\t%u\t%u\t%u\t%u\t-\n", roll(&m->r, 2) ? 443 : 80, roll(&m->r, 60), roll(&m->r, 1000000), roll(&m->r, 10000), roll(&m->r, 100000), roll(&m->r, 100),
		roll(&m->r, 10000), roll(&m->r, 100), roll(&m->r, 100000));
}

static void line_dns(struct making *m, struct buf *b)
{
	epoch(m, b);
	inside(m, b);
	buf_addf(b, "\t%u\t10.0.0.53\t53\tudp\t%u\t0.0%05u\t", 1024 + roll(&m->r, 60000), roll(&m->r, 65536), roll(&m->r, 100000));
	name(m, b);
	buf_adds(b, "\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\t");
	put_name(b, SEEN, skewed(&m->r, 60000));
	buf_addc(b, ',');
	outside(m, b);
	buf_addc(b, ',');
	outside(m, b);
	buf_addf(b, "\t%u.000000,%u.000000\tF\n", roll(&m->r, 300), roll(&m->r, 300));
}

static void line_access(struct making *m, struct buf *b)
{
	uint64_t s = (m->time += 1 + roll(&m->r, 2000000)) / 1000000;

	outside(m, b);
	buf_addf(b, " - - [%02u/Nov/2026:%02u:%02u:%02u +0900] \"%s ", (unsigned)(1 + s / 86400 % 28), (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60), roll(&m->r, 5) ? "GET" : "POST");
	path(m, b);
	buf_addf(b, " HTTP/1.1\" %u %u \"https://", roll(&m->r, 10) ? 200 : 404, roll(&m->r, 100000));
	name(m, b);
	path(m, b);
	buf_addf(b, "\" \"%s\"\n", agents[roll(&m->r, COUNT(agents))]);
}

static void (*const lines[])(struct making *, struct buf *) = { line_eve, line_bind, line_conn, line_dns, line_access };
const char *const bench_log_names[] = { "EVE", "BIND", "Zeek conn", "Zeek dns", "access", NULL };

bool bench_log(struct buf *out, size_t kind, size_t bytes, uint64_t listed, double rate, uint8_t **planted, size_t *n)
{
	struct making m = { .r = { 42 + kind }, .listed = listed, .rate = rate };
	size_t room = bytes / 64 + 1000;

	*planted = calloc(room, 1);
	for (*n = 0; *planted && out->n < bytes && buf_ok(out) && *n < room; ++*n) {
		m.planted = false;
		lines[kind](&m, out);
		(*planted)[*n] = m.planted;
	}
	return *planted && buf_ok(out);
}
