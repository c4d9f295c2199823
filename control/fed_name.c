/* Names of what is on other servers: see fed_name.h. */
#include "fed_name.h"

#include <string.h>

#include "accept.h"
#include "hash.h"
#include "name.h"

static bool
fed_name_is_local(struct dn_str local)
{
	return local.size <= DN_NAME_OWN_BYTES_MAX && name_is_good(local);
}

/* Cuts 'text' at byte 'at', which belongs to neither part; text.size: there is
 * no host. */
static bool
fed_name_cut(struct fed_name *name, struct dn_str text, size_t at)
{
	name->local = (struct dn_str){text.data, at};
	name->host = dn_str_of("");
	if (at == text.size)
		return true;
	name->host = (struct dn_str){text.data + at + 1, text.size - at - 1};
	return name->host.size > 0;
}

bool
fed_name_of_user(struct fed_name *name, struct dn_str text)
{
	size_t at = text.size;

	while (at > 0 && text.data[at - 1] != '@')
		at--;
	return fed_name_cut(name, text, at > 0 ? at - 1 : text.size) &&
	    fed_name_is_local(name->local);
}

bool
fed_name_of_room(struct fed_name *name, struct dn_str text)
{
	size_t at = 0;

	while (at < text.size && text.data[at] != ':')
		at++;
	return fed_name_cut(name, text, at) &&
	    fed_name_is_local(name->local);
}

bool
fed_name_next(struct dn_str *list, struct dn_str *name)
{
	const char *end;

	while (list->size > 0) {
		end = memchr(list->data, '\n', list->size);
		*name = *list;
		if (end != NULL)
			name->size = (size_t)(end - name->data);
		list->data += name->size + (end != NULL);
		list->size -= name->size + (end != NULL);
		if (name->size > 0)
			return true;
	}
	return false;
}

struct dn_str
fed_host_bare(struct dn_str host, struct dn_str *port)
{
	struct dn_str bare = accept_source_host(host);
	size_t at = (size_t)(bare.data - host.data) + bare.size;

	if (port == NULL)
		return bare;
	at += at < host.size && host.data[at] == ']';
	*port = (struct dn_str){"", 0};
	if (at < host.size && host.data[at] == ':')
		*port = (struct dn_str){host.data + at + 1,
		    host.size - at - 1};
	return bare;
}

bool
fed_host_eq(struct dn_str a, struct dn_str b)
{
	return a.size == b.size && (a.size == 0 ||
	    strncasecmp(a.data, b.data, a.size) == 0);
}

bool
fed_host_is(struct dn_str host, struct dn_str known)
{
	struct dn_str port, known_port;
	struct dn_str bare = fed_host_bare(host, &port);

	return fed_host_eq(bare, fed_host_bare(known, &known_port)) &&
	    (port.size == 0 || dn_str_eq(port, known_port));
}

uint64_t
fed_name_number(struct dn_str name, unsigned salt)
{
	uint64_t high = hash_string(2 * (uint64_t)salt, name);
	uint64_t low = hash_string(2 * (uint64_t)salt + 1, name);

	return 1 + (high << 32 | low) % DN_NUMBER_ASSIGNED_MAX;
}
