/* SPDX-License-Identifier: Apache-2.0 */
/* simdjson behind a C face.  Below dom::parser, on the kernel that simdjson picks at run time: stage 1 alone finds a text's structure
 * (json_split walks it in C), both stages give the tape.  No exceptions; memory is asked for with nothrow. */
#include <charconv>
#include <memory>
#include <new>
#include <simdjson.h>

extern "C" {
#include "util/alloc.h"
}
/* C keeps names of structs and functions apart. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include "util/json_priv.h"
#pragma GCC diagnostic pop

using simdjson::internal::dom_parser_implementation;

static_assert(BUF_SLACK >= simdjson::SIMDJSON_PADDING, "text needs the slack that simdjson reads");

struct json_simd {
	std::unique_ptr<dom_parser_implementation> kernel;
	simdjson::dom::document doc;
	size_t doc_room = 0;
};

extern "C" struct json_simd *json_simd_new(void)
{
	return util_alloc_refused() ? nullptr : new (std::nothrow) json_simd;
}

extern "C" void json_simd_free(struct json_simd *s)
{
	delete s;
}

/* Small texts grow by doubling so that a stream of them soon allocates nothing, large ones by an eighth. */
static size_t room_for(size_t n)
{
	if (n >= (size_t(1) << 20))
		return n + n / 8;
	size_t room = 4096;
	while (room < n)
		room *= 2;
	return room;
}

static bool grow_kernel(json_simd *s, size_t n)
{
	/* An array at each level and a scalar within: simdjson refuses depth >= its limit. */
	if (s->kernel && s->kernel->capacity() >= n)
		return true;
	if (util_alloc_refused())
		return false;
	if (s->kernel)
		return s->kernel->allocate(room_for(n), JSON_SIMD_DEPTH) == simdjson::SUCCESS;
	return simdjson::get_active_implementation()->create_dom_parser_implementation(room_for(n), JSON_SIMD_DEPTH, s->kernel) == simdjson::SUCCESS;
}

static enum json_simd_result result(simdjson::error_code e)
{
	return e == simdjson::SUCCESS ? JSON_SIMD_OK : e == simdjson::MEMALLOC ? JSON_SIMD_NOMEM
									       : JSON_SIMD_REFUSED;
}

extern "C" enum json_simd_result json_simd_parse(struct json_simd *s, const char *p, size_t n, struct json_doc *out)
{
	if (!grow_kernel(s, n))
		return JSON_SIMD_NOMEM;
	if (s->doc_room < n || !s->doc.tape) {
		s->doc_room = 0;
		if (util_alloc_refused() || s->doc.allocate(room_for(n)) != simdjson::SUCCESS)
			return JSON_SIMD_NOMEM;
		s->doc_room = room_for(n);
	}
	simdjson::error_code e = s->kernel->parse(reinterpret_cast<const uint8_t *>(p), n, s->doc);
	if (e == simdjson::SUCCESS) {
		out->tape = s->doc.tape.get();
		out->strings = s->doc.string_buf.get();
	}
	return result(e);
}

extern "C" enum json_simd_result json_simd_index(struct json_simd *s, const char *p, size_t n, const uint32_t **at, size_t *count)
{
	if (!grow_kernel(s, n))
		return JSON_SIMD_NOMEM;
	simdjson::error_code e = s->kernel->stage1(reinterpret_cast<const uint8_t *>(p), n, simdjson::stage1_mode::regular);
	if (e == simdjson::SUCCESS) {
		*at = s->kernel->structural_indexes.get();
		*count = s->kernel->n_structural_indexes;
	}
	return result(e);
}

extern "C" enum json_simd_result json_simd_value(struct json_simd *s, size_t n, uint32_t *i, struct json_doc *out)
{
	if (s->doc_room < n || !s->doc.tape) {
		s->doc_room = 0;
		if (util_alloc_refused() || s->doc.allocate(room_for(n)) != simdjson::SUCCESS)
			return JSON_SIMD_NOMEM;
		s->doc_room = room_for(n);
	}
	s->kernel->next_structural_index = *i;
	simdjson::error_code e = s->kernel->stage2_next(s->doc);
	if (e == simdjson::SUCCESS) {
		*i = s->kernel->next_structural_index;
		out->tape = s->doc.tape.get();
		out->strings = s->doc.string_buf.get();
	}
	return result(e);
}

extern "C" size_t json_simd_digits(double v, char *out)
{
	return size_t(std::to_chars(out, out + 24, v, std::chars_format::scientific).ptr - out);
}

extern "C" bool json_simd_overflows(const char *p, size_t n)
{
	double v = 0;
	/* Out of range is said of numbers near zero too: those are fine, they become it. */
	bool out = std::from_chars(p, p + n, v).ec == std::errc::result_out_of_range;
	if (!out)
		return false;
	const char *e = p;
	while (e < p + n && *e != 'e' && *e != 'E')
		e++;
	return !(e + 1 < p + n && e[1] == '-');
}
