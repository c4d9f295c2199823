/* What a plain HTTP request is answered: see http.h. */
#include "http.h"

#include <stdarg.h>
#include <stdio.h>

#include "http_text.h"

size_t
http_head_size(const void *data, size_t size)
{
	const char *bytes = data;
	bool is_empty = false;
	size_t i;

	/* A line may end without CR, too (section 2.2). */
	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n' && is_empty)
			return i + 1;
		if (bytes[i] != '\r')
			is_empty = bytes[i] == '\n';
	}
	return 0;
}

/* ---- Accept-Encoding ---- */

/* True for the weight 0, in any of its spellings: "q=0", "q=0.000". */
static bool
http_is_refusal(struct dn_str weight)
{
	size_t i;

	if (weight.size < 3 || http_lower(weight.data[0]) != 'q' ||
	    weight.data[1] != '=')
		return false;
	for (i = 2; i < weight.size; i++)
		if (weight.data[i] != '0' && weight.data[i] != '.')
			return false;
	return true;
}

bool
http_accepts_gzip(struct dn_str accept)
{
	struct dn_str item, coding;
	bool any = false, is_refused;

	while (accept.size > 0) {
		item = http_take(&accept, ',');
		coding = http_take(&item, ';');
		is_refused = http_is_refusal(http_trim(item));
		if (http_is_word(coding, "gzip"))
			return !is_refused;
		if (http_is_word(coding, "*"))
			any = !is_refused;
	}
	return any;
}

/* ---- If-None-Match ---- */

/* True if 'match' names 'tag', or the same with "-gz" at its end. */
static bool
http_is_known(struct dn_str match, const char *tag)
{
	struct dn_str item;
	size_t size = strlen(tag);

	while (match.size > 0) {
		item = http_take(&match, ',');
		if (item.size > 2 && item.data[0] == 'W' &&
		    item.data[1] == '/') {
			item.data += 2;
			item.size -= 2;
		}
		if (item.size < size + 2 || item.data[0] != '"' ||
		    memcmp(item.data + 1, tag, size) != 0)
			continue;
		item.data += size + 1;
		item.size -= size + 1;
		if (dn_str_eq(item, dn_str_of("\"")) ||
		    dn_str_eq(item, dn_str_of("-gz\"")))
			return true;
	}
	return false;
}

/* ---- Host ---- */

static bool
http_is_digits(struct dn_str str)
{
	size_t i;

	for (i = 0; i < str.size; i++)
		if (str.data[i] < '0' || str.data[i] > '9')
			return false;
	return true;
}

/* A name ends in a label that is not all digits, an IPv4 address is nothing
 * but digits and dots: no name can pass for it. */
static bool
http_is_ipv4(struct dn_str host)
{
	struct dn_str part;
	unsigned parts = 0;

	if (host.size > 0 && host.data[host.size - 1] == '.')
		return false;
	while (host.size > 0) {
		part = http_take(&host, '.');
		if (part.size == 0 || part.size > 3 || !http_is_digits(part))
			return false;
		parts++;
	}
	return parts == 4;
}

static bool
http_is_ipv6(struct dn_str host)
{
	size_t i;

	if (host.size < 4 || host.data[0] != '[' ||
	    host.data[host.size - 1] != ']')
		return false;
	for (i = 1; i + 1 < host.size; i++)
		if (strchr("0123456789abcdefABCDEF:.", host.data[i]) == NULL)
			return false;
	return memchr(host.data, ':', host.size) != NULL;
}

/* Letters, digits, '-', '_' and '.', as in names of hosts. */
static bool
http_is_name(struct dn_str name)
{
	size_t i;
	char c;

	for (i = 0; i < name.size; i++) {
		c = http_lower(name.data[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    c != '-' && c != '_' && c != '.')
			return false;
	}
	return name.size > 0;
}

/* Takes ":PORT" off the end of 'host'. */
static struct dn_str
http_host_of(struct dn_str host)
{
	size_t at = host.size;

	while (at > 0 && host.data[at - 1] >= '0' && host.data[at - 1] <= '9')
		at--;
	if (at > 1 && host.data[at - 1] == ':' && (host.data[0] != '[' ||
	    host.data[at - 2] == ']'))
		host.size = at - 1;
	return host;
}

bool
http_host_is_ours(const struct http_site *site, struct dn_str host)
{
	struct dn_str name = http_host_of(http_trim(host));
	size_t i;

	if (http_is_ipv4(name) || http_is_ipv6(name) ||
	    http_is_word(name, "localhost"))
		return true;
	for (i = 0; i < site->host_name_count; i++)
		if (http_is_word(name, site->host_names[i]))
			return true;
	return false;
}

enum dn_err
http_add_host_name(struct http_site *site, struct dn_str name)
{
	char *place;
	size_t i;

	if (!http_is_name(name))
		return DN_E_MALFORMED;
	if (name.size > HTTP_HOST_BYTES_MAX)
		return DN_E_TOO_LONG;
	if (site->host_name_count == HTTP_HOST_NAMES_MAX)
		return DN_E_FULL;
	place = site->host_names[site->host_name_count++];
	for (i = 0; i < name.size; i++)
		place[i] = http_lower(name.data[i]);
	place[name.size] = '\0';
	return DN_OK;
}

/* ---- deciding ---- */

static void
http_say(struct http_answer *answer, unsigned code, const char *text)
{
	answer->code = code;
	answer->type = "text/plain; charset=utf-8";
	answer->body = dn_str_of(text);
}

static void
http_give(const struct http_request *request, const struct http_file *file,
    struct http_answer *answer)
{
	answer->type = file->type;
	answer->tag = file->tag;
	answer->is_gzip = http_accepts_gzip(request->accept_encoding);
	if (http_is_known(request->if_none_match, file->tag)) {
		answer->code = 304;
		answer->has_body = false;
		return;
	}
	answer->code = 200;
	if (answer->is_gzip)
		answer->body = (struct dn_str){(const char *)file->gzip,
		    file->gzip_size};
	else
		answer->body = (struct dn_str){(const char *)file->plain,
		    file->plain_size};
}

static const struct http_file *
http_find(const struct http_site *site, struct dn_str path)
{
	size_t i;

	for (i = 0; i < site->file_count; i++)
		if (dn_str_eq(path, dn_str_of(site->files[i].path)))
			return &site->files[i];
	return NULL;
}

static bool
http_is_status(struct dn_str path)
{
	static const char prefix[] = "/status";
	size_t size = sizeof(prefix) - 1;

	return path.size >= size && memcmp(path.data, prefix, size) == 0 &&
	    (path.size == size || path.data[size] == '.');
}

/* False: the answer says why not. */
static bool
http_may_see_status(const struct http_site *site,
    const struct http_request *request, struct http_answer *answer)
{
	if (site->scope == HTTP_SCOPE_OFF) {
		http_say(answer, 404, "There is no such page here.\n");
		return false;
	}
	if (site->scope == HTTP_SCOPE_LOOPBACK && !request->is_local) {
		http_say(answer, 403, "The operator's view is for programs on "
		    "the server itself. Open it there, as "
		    "http://localhost:PORT/status, or start dnchatd with "
		    "--status any.\n");
		return false;
	}
	if (!http_host_is_ours(site, request->host)) {
		http_say(answer, 421, "The operator's view does not answer to "
		    "that name. Use the server's address or localhost, or "
		    "start dnchatd with --host-name NAME.\n");
		return false;
	}
	return true;
}

static void
http_decide_status(const struct http_site *site,
    const struct http_request *request, struct http_answer *answer)
{
	const struct http_file *file = http_find(site, request->path);

	if (!http_may_see_status(site, request, answer))
		return;
	if (file != NULL) {
		http_give(request, file, answer);
	} else if (dn_str_eq(request->path, dn_str_of("/status.json"))) {
		answer->code = 200;
		answer->type = "application/json";
		answer->is_live = true;
	} else {
		http_say(answer, 404, "There is no such page here.\n");
	}
}

static void
http_decide_page(const struct http_site *site,
    const struct http_request *request, struct http_answer *answer)
{
	const struct http_file *file = http_find(site, request->path);

	if (!site->has_page)
		http_say(answer, 426, "This is a dnchat server: connect with "
		    "a WebSocket.\n");
	else if (file != NULL)
		http_give(request, file, answer);
	else
		http_say(answer, 404, "There is no such page here. The chat "
		    "page is at /.\n");
}

void
http_decide(const struct http_site *site, const struct http_request *request,
    struct http_answer *answer)
{
	*answer = (struct http_answer){.has_body =
	    request->method != HTTP_HEAD};
	if (request->method == HTTP_OTHER)
		http_say(answer, 405, "This is a dnchat server: it answers "
		    "GET, HEAD, and WebSockets.\n");
	else if (dn_str_eq(request->path, dn_str_of("/healthz")))
		http_say(answer, 200, "ok\n");
	else if (http_is_status(request->path))
		http_decide_status(site, request, answer);
	else
		http_decide_page(site, request, answer);
}

/* ---- the head ---- */

static const char *
http_phrase(unsigned code)
{
	switch (code) {
	case 200: return "OK";
	case 304: return "Not Modified";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 421: return "Misdirected Request";
	case 426: return "Upgrade Required";
	}
	return "?";
}

__attribute__((format(printf, 2, 3))) static void
http_line(struct dn_wr *wr, const char *format, ...)
{
	char line[HTTP_HEAD_BYTES_MAX];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= sizeof(line))
		wr->failed = true;
	else
		dn_wr_bytes(wr, line, (size_t)size);
	dn_wr_bytes(wr, "\r\n", 2);
}

/* Nothing but what came from here runs, and nobody may frame it. Of WebSockets
 * 'self' covers those to the same host and port, but not in older browsers:
 * they are told by name. */
static void
http_put_policy(struct dn_wr *wr, struct dn_str host)
{
	struct dn_str name = http_host_of(host);
	char sockets[2 * HTTP_HOST_BYTES_MAX + 64] = "";

	if (host.size <= HTTP_HOST_BYTES_MAX &&
	    (http_is_name(name) || http_is_ipv6(name)))
		(void)snprintf(sockets, sizeof(sockets),
		    " ws://%.*s wss://%.*s", (int)host.size, host.data,
		    (int)host.size, host.data);
	http_line(wr, "Content-Security-Policy: default-src 'none'; "
	    "script-src 'self'; style-src 'self'; img-src 'self' data:; "
	    "connect-src 'self'%s; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'", sockets);
}

void
http_put_head(struct dn_wr *wr, const struct http_request *request,
    const struct http_answer *answer, size_t size)
{
	http_line(wr, "HTTP/1.1 %u %s", answer->code,
	    http_phrase(answer->code));
	if (answer->code == 426)
		http_line(wr, "Upgrade: websocket");
	if (answer->code == 405)
		http_line(wr, "Allow: GET, HEAD");
	http_line(wr, "Connection: %sclose", answer->code == 426 ?
	    "Upgrade, " : "");
	http_line(wr, "Content-Type: %s", answer->type);
	if (answer->code != 304)
		http_line(wr, "Content-Length: %zu", size);
	if (answer->tag != NULL)
		http_line(wr, "ETag: \"%s%s\"", answer->tag,
		    answer->is_gzip ? "-gz" : "");
	if (answer->is_gzip && answer->code != 304)
		http_line(wr, "Content-Encoding: gzip");
	http_line(wr, "Vary: Accept-Encoding");
	http_line(wr, "Cache-Control: %s", answer->tag != NULL ? "no-cache" :
	    "no-store");
	http_put_policy(wr, request->host);
	http_line(wr, "X-Content-Type-Options: nosniff");
	http_line(wr, "Referrer-Policy: no-referrer");
	http_line(wr, "Cross-Origin-Opener-Policy: same-origin");
	http_line(wr, "Cross-Origin-Resource-Policy: same-origin");
	dn_wr_bytes(wr, "\r\n", 2);
}
