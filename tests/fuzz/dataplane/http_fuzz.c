/*
 * Any plain HTTP request, and where a head ends: lines of the input are method,
 * path, Host, Accept-Encoding and If-None-Match. Whatever they are, the answer's head is
 * one, nobody but a name of ours sees /status, and nothing of the request
 * breaks out of its line.
 */
#include <stdlib.h>

#include "../../../dataplane/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_file files[] = {
	{"/", "text/html", "1-2", (const unsigned char *)"p", 1,
	    (const unsigned char *)"gz", 2},
	{"/status", "text/html", "3-4", (const unsigned char *)"s", 1,
	    (const unsigned char *)"gz", 2},
};

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static struct dn_str
take_line(struct dn_rd *rd)
{
	struct dn_str line = {(const char *)rd->data + rd->at, 0};

	while (rd->at < rd->size && rd->data[rd->at] != '\n') {
		rd->at++;
		line.size++;
	}
	if (rd->at < rd->size)
		rd->at++;
	return line;
}

/* A head ends once, where it ends, and has no line but whole ones. */
static void
check_head(const unsigned char *head, size_t size)
{
	size_t i;

	require(size > 4 && memcmp(head + size - 4, "\r\n\r\n", 4) == 0);
	require(memcmp(head, "HTTP/1.1 ", 9) == 0);
	for (i = 0; i + 4 < size; i++)
		require(memcmp(head + i, "\r\n\r\n", 4) != 0);
	for (i = 0; i < size; i++) {
		require(head[i] >= ' ' || head[i] == '\r' || head[i] == '\n');
		require(head[i] != '\n' || head[i - 1] == '\r');
	}
}

/* Where the input's own head ends does not depend on what is known of the
 * rest. */
static void
check_size(const uint8_t *data, size_t size)
{
	size_t head = http_head_size(data, size);

	require(head <= size);
	if (head == 0)
		return;
	require(data[head - 1] == '\n');
	require(http_head_size(data, head) == head);
	require(http_head_size(data, head - 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dn_rd rd = dn_rd_of(data, size);
	struct dn_str method = take_line(&rd);
	struct http_site site = {.files = files, .file_count = 2,
	    .has_page = method.size < 8, .scope = HTTP_SCOPE_ANY};
	struct http_request request = {
		.method = dn_str_eq(method, dn_str_of("GET")) ? HTTP_GET :
		    dn_str_eq(method, dn_str_of("HEAD")) ? HTTP_HEAD :
		    HTTP_OTHER,
		.path = take_line(&rd),
		.host = take_line(&rd),
		.accept_encoding = take_line(&rd),
		.if_none_match = take_line(&rd),
	};
	unsigned char head[HTTP_HEAD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(head, sizeof(head));
	struct http_answer answer;

	check_size(data, size);
	http_decide(&site, &request, &answer);
	http_put_head(&wr, &request, &answer, answer.body.size);
	require(!wr.failed);
	check_head(head, wr.at);
	require(!answer.is_live || http_host_is_ours(&site, request.host));
	require(answer.has_body == (request.method != HTTP_HEAD &&
	    answer.code != 304));
	require(!answer.is_gzip || http_accepts_gzip(
	    request.accept_encoding));
	return 0;
}
