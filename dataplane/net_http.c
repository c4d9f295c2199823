/*
 * Plain HTTP: libwebsockets has parsed the request, http.c decides, the answer
 * goes out in one piece.
 */
#include <stdlib.h>

#include "net_shell.h"

/* More of a header than this is not looked at. */
#define NET_HEADER_BYTES 512

/* ---- options ---- */

void
netd_set_page(struct netd *netd, bool has_page)
{
	netd->site.has_page = has_page;
}

enum dn_err
netd_set_status(struct netd *netd, const char *word)
{
	static const struct {
		const char *word;
		enum http_scope scope;
	} scopes[] = {
		{"loopback", HTTP_SCOPE_LOOPBACK},
		{"any", HTTP_SCOPE_ANY},
		{"off", HTTP_SCOPE_OFF},
	};
	size_t i;

	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(word, scopes[i].word) == 0) {
			netd->site.scope = scopes[i].scope;
			return DN_OK;
		}
	return DN_E_UNKNOWN;
}

enum dn_err
netd_add_host_name(struct netd *netd, const char *name)
{
	return http_add_host_name(&netd->site, dn_str_of(name));
}

/* ---- requests ---- */

/* A request's headers, as text that lives as long as this does. */
struct net_headers {
	char host[NET_HEADER_BYTES];
	char accept_encoding[NET_HEADER_BYTES];
	char if_none_match[NET_HEADER_BYTES];
};

/* The value of a header; nothing if it is not there or too long. */
static struct dn_str
net_header(struct lws *wsi, enum lws_token_indexes token, char *text)
{
	int size = lws_hdr_copy(wsi, text, NET_HEADER_BYTES, token);

	return (struct dn_str){text, size > 0 ? (size_t)size : 0};
}

static enum http_method
net_method(struct lws *wsi)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
		return HTTP_GET;
	return lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0 ? HTTP_HEAD :
	    HTTP_OTHER;
}

/* ---- answers ---- */

static void
net_answer(struct lws *wsi, const struct http_request *request,
    const struct http_answer *answer)
{
	size_t room = HTTP_HEAD_BYTES_MAX + answer->body.size;
	unsigned char *bytes = malloc(LWS_PRE + room);
	struct dn_wr wr;

	if (bytes == NULL)
		return;
	wr = dn_wr_of(bytes + LWS_PRE, room);
	http_put_head(&wr, request, answer, answer->body.size);
	if (answer->has_body)
		dn_wr_bytes(&wr, answer->body.data, answer->body.size);
	if (!wr.failed)
		(void)lws_write(wsi, bytes + LWS_PRE, wr.at,
		    LWS_WRITE_HTTP_FINAL);
	free(bytes);
}

static void
net_answer_live(struct netd *netd, struct lws *wsi,
    const struct http_request *request, struct http_answer *answer)
{
	size_t room = STATUS_BYTES_MAX + netd->plane->status.view_size;
	unsigned char *bytes = malloc(room);
	struct dn_wr wr = dn_wr_of(bytes, room);

	if (bytes == NULL)
		return;
	plane_show_status(netd->plane, &wr);
	answer->body = (struct dn_str){(const char *)bytes, wr.at};
	if (!wr.failed)
		net_answer(wsi, request, answer);
	free(bytes);
}

void
netd_http(struct netd *netd, const struct conn *conn, struct lws *wsi,
    struct dn_str path)
{
	struct net_headers headers;
	struct http_request request = {
		.method = net_method(wsi),
		.path = path,
		.host = net_header(wsi, WSI_TOKEN_HOST, headers.host),
		.accept_encoding = net_header(wsi,
		    WSI_TOKEN_HTTP_ACCEPT_ENCODING, headers.accept_encoding),
		.if_none_match = net_header(wsi,
		    WSI_TOKEN_HTTP_IF_NONE_MATCH, headers.if_none_match),
		.is_local = plane_is_local(dn_str_of(conn->source)) &&
		    !netd_is_proxied(wsi),
	};
	struct http_answer answer;

	http_decide(&netd->site, &request, &answer);
	if (answer.is_live)
		net_answer_live(netd, wsi, &request, &answer);
	else
		net_answer(wsi, &request, &answer);
}
