/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, may they, and not too often. */
#include <stdio.h>
#include <stdlib.h>
#include "hub/hub_priv.h"

/* ---- token buckets ---- */

#define BUCKETS 4096 /* a full row forgets its oldest: whoever was forgotten starts with a full bucket */
#define WAYS 4
struct bucket {
	uint64_t key; /* keyed hash; 0: free */
	double tokens;
	int64_t at;
};
struct limiter {
	pthread_mutex_t lock;
	uint8_t secret[32];
	struct bucket v[BUCKETS][WAYS];
};

struct limiter *limiter_new(void)
{
	struct limiter *l = calloc(1, sizeof(*l));

	if (l) {
		pthread_mutex_init(&l->lock, NULL);
		random_bytes(l->secret, sizeof(l->secret));
	}
	return l;
}

void limiter_free(struct limiter *l)
{
	if (l)
		pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct bucket *bucket_of(struct limiter *l, struct span key, double burst, int64_t now)
{
	uint8_t hash[16];
	uint64_t k;
	struct bucket *row, *oldest;

	sign_keyed_hash(l->secret, key, hash);
	memcpy(&k, hash, sizeof(k));
	k |= 1;
	oldest = row = l->v[(k >> 1) % BUCKETS];
	for (size_t i = 0; i < WAYS; i++) {
		if (row[i].key == k)
			return &row[i];
		if (row[i].at < oldest->at)
			oldest = &row[i];
	}
	*oldest = (struct bucket){ k, burst, now };
	return oldest;
}

/* take 0: only asks. */
static bool bucket_take(struct limiter *l, struct span key, double rate, double burst, double take, int64_t now_ns, unsigned *retry_s)
{
	struct bucket *b;
	bool ok;

	pthread_mutex_lock(&l->lock);
	b = bucket_of(l, key, burst, now_ns);
	b->tokens += (double)(now_ns - b->at) * 1e-9 * rate;
	b->tokens = b->tokens > burst ? burst : b->tokens;
	b->at = now_ns;
	ok = b->tokens >= 1;
	if (ok)
		b->tokens -= take;
	else
		*retry_s = (unsigned)((1 - b->tokens) / rate) + 1;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

bool limiter_take(struct limiter *l, struct span key, double rate, double burst, int64_t now_ns, unsigned *retry_s)
{
	return rate <= 0 || bucket_take(l, key, rate, burst, 1, now_ns, retry_s);
}

static void too_often(struct call *c, unsigned retry_s, const char *what)
{
	struct fault f = { 0 };

	atomic_fetch_add(&c->hub->metrics.limited, 1);
	http_reply_header(c->r, "Retry-After", arena_printf(c->a, "%u", retry_s));
	fault_set(&f, ERR_BUSY, "", "%s; try again in %u seconds", what, retry_s);
	call_fail_status(c, 429, &f);
}

/* ---- rights ---- */

/* What follows is kept here while a worker checks a password or a hub's id. */
struct entry {
	void (*then)(struct call *c);
};

static void refuse(struct call *c, int status, const char *what)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_DENIED, "", "%s", what);
	call_fail_status(c, status, &f);
}

static bool rights_hold(struct call *c)
{
	const struct route *t = c->route;

	if (t->rights == RIGHT_LOCAL && !c->authenticated && http_loopback(c->r))
		return true;
	if (t->rights == RIGHT_READ && !c->authenticated && HUB_NUMBER(c->hub, ANONYMOUS))
		return true;
	if (t->rights == RIGHT_LOG && !c->authenticated && HUB_NUMBER(c->hub, LOG_PUBLIC))
		return true;
	if (!c->authenticated)
		refuse(c, 401, "log in with a token (Authorization: Bearer …) or with user name and password (Basic)");
	else if ((t->rights == RIGHT_ADMIN || (t->rights == RIGHT_LOCAL && !http_loopback(c->r))) && !c->who.admin)
		refuse(c, 403, "this is for the hub's operator: use a token made with `musubi token new --admin`");
	else
		return true;
	return false;
}

static bool rate_holds(struct call *c)
{
	double rate = (double)HUB_NUMBER(c->hub, RATE_REQUESTS);
	struct span key = c->who.token_id.n ? c->who.token_id : c->who.org.n ? c->who.org
									     : span_of(http_address(c->r));
	unsigned retry = 1;

	if (limiter_take(c->hub->limiter, key, rate, rate * 2, timestamp_tick_ns(), &retry))
		return true;
	too_often(c, retry, "more requests than this hub's rate.requests allows");
	return false;
}

/* The first id that a peer hub gives is kept, which is a commit: not in an HTTP thread. */
static void check_hub(struct call *c)
{
	c->e = accord_hub_is(c->hub->accord, &c->who, span_of(http_header(c->r, "X-Musubi-Hub")), &c->fault);
}

static void checked_hub(struct call *c)
{
	struct entry *entry = c->own;

	if (c->e == ERR_OK)
		entry->then(c);
	else
		call_fail(c, c->e, &c->fault);
}

static void known(struct call *c, void (*then)(struct call *c))
{
	if (!rights_hold(c) || !rate_holds(c))
		return;
	if (c->who.hub && http_header(c->r, "X-Musubi-Hub"))
		call_work(c, check_hub, checked_hub);
	else
		then(c);
}

/* ---- log-ins ---- */

static struct span failures_key(struct call *c)
{
	return span_of(arena_printf(c->a, "login %s", http_address(c->r)));
}

static void answered(struct call *c, enum err e)
{
	struct entry *entry = c->own;
	double rate = (double)HUB_NUMBER(c->hub, RATE_LOGINS) / 60;
	unsigned retry;

	if (e == ERR_OK) {
		c->authenticated = true;
		known(c, entry->then);
		return;
	}
	if (e != ERR_UNAUTHENTICATED) {
		call_fail(c, e, &c->fault);
		return;
	}
	atomic_fetch_add(&c->hub->metrics.logins_failed, 1);
	limiter_take(c->hub->limiter, failures_key(c), rate, rate * 60, timestamp_tick_ns(), &retry);
	c->who = (struct accord_principal){ 0 };
	refuse(c, 401, "the token, or the user name and password, do not hold");
}

static void check_password(struct call *c)
{
	c->e = accord_authenticate_user(c->hub->accord, c->a, c->login.user, c->login.password, c->now, &c->who, &c->fault);
}

static void checked_password(struct call *c)
{
	answered(c, c->e);
}

void call_authenticate(struct call *c, void (*then)(struct call *c))
{
	struct entry *entry = ARENA_NEW(c->a, struct entry);
	double rate = (double)HUB_NUMBER(c->hub, RATE_LOGINS) / 60;
	unsigned retry = 1;

	if (!entry) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	*entry = (struct entry){ then };
	c->own = entry;
	c->login = c->route->rights == RIGHT_OPEN ? (struct header_credentials){ 0 } : header_authorization(c->a, http_header(c->r, "Authorization"));
	if (c->route->rights == RIGHT_OPEN)
		then(c);
	else if (c->login.kind == LOGIN_NONE)
		known(c, then);
	else if (rate > 0 && !bucket_take(c->hub->limiter, failures_key(c), rate, rate * 60, 0, timestamp_tick_ns(), &retry))
		too_often(c, retry, "too many failed log-ins from this address");
	else if (c->login.kind == LOGIN_BEARER)
		answered(c, accord_authenticate_token(c->hub->accord, c->a, c->login.token, &c->who, &c->fault));
	else if (c->login.kind == LOGIN_BASIC)
		call_work(c, check_password, checked_password);
	else
		answered(c, ERR_UNAUTHENTICATED);
}
