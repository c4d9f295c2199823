/*
 * What a plain HTTP request is answered: the chat page, /healthz, and the
 * operator's /status. Pure: net_http.c reads the request and writes the answer,
 * page_files.h is what there is to read.
 */
#ifndef DATAPLANE_HTTP_H
#define DATAPLANE_HTTP_H

#include "dnchat/buf.h"
#include "dnchat/err.h"

/* Names that --host-name may give, and how long each may be. */
#define HTTP_HOST_NAMES_MAX 16
#define HTTP_HOST_BYTES_MAX 255

/* The longest head of an answer. */
#define HTTP_HEAD_BYTES_MAX 2048

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OTHER
};

/* Who may see /status. */
enum http_scope {
	HTTP_SCOPE_LOOPBACK, /* programs on this machine */
	HTTP_SCOPE_ANY,
	HTTP_SCOPE_OFF
};

/* A file that was made part of the program. */
struct http_file {
	const char *path;           /* "/page.js" */
	const char *type;           /* of its content */
	const char *tag;            /* changes with its content */
	const unsigned char *plain; /* as it is */
	size_t plain_size;
	const unsigned char *gzip;  /* compressed */
	size_t gzip_size;
};

struct http_site {
	const struct http_file *files;
	size_t file_count;
	bool has_page;              /* else only /healthz and /status */
	enum http_scope scope;
	/* Names by which /status may be asked for, in lower case; addresses
	 * and localhost always may. */
	char host_names[HTTP_HOST_NAMES_MAX][HTTP_HOST_BYTES_MAX + 1];
	size_t host_name_count;
};

/* Headers that were not there are empty. */
struct http_request {
	enum http_method method;
	struct dn_str path;         /* without what follows a '?' */
	struct dn_str host;
	struct dn_str accept_encoding;
	struct dn_str if_none_match;
	bool is_local;              /* from this machine, by no proxy */
};

struct http_answer {
	unsigned code;
	const char *type;
	struct dn_str body;         /* GET: to be sent; HEAD: its size is told */
	const char *tag;            /* or NULL: not to be kept */
	bool is_gzip;
	bool is_live;               /* the body is status_write()'s */
	bool has_body;              /* false for HEAD and 304 */
};

/*
 * Adds 'name' to those of 'site'. Errors: DN_E_MALFORMED (not a host name),
 * DN_E_TOO_LONG, DN_E_FULL.
 */
enum dn_err http_add_host_name(struct http_site *site, struct dn_str name);

/* Decides what 'request' is answered. */
void http_decide(const struct http_site *site,
    const struct http_request *request, struct http_answer *answer);

/* Writes the head of 'answer' to 'request', whose body has 'size' bytes. */
void http_put_head(struct dn_wr *wr, const struct http_request *request,
    const struct http_answer *answer, size_t size);

/* Size of the head of a message (RFC 9112, section 2) of which the first 'size'
 * bytes are at 'data', the empty line at its end included; 0: it is longer. */
size_t http_head_size(const void *data, size_t size);

/* True if header 'accept' (Accept-Encoding) allows gzip. */
bool http_accepts_gzip(struct dn_str accept);

/* True if header 'host' names this machine in a way that no name server of
 * somebody else's can answer for, or by one of the names of 'site'. */
bool http_host_is_ours(const struct http_site *site, struct dn_str host);

#endif
