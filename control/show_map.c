/* The network as this server sees it, for show.h: itself, its links, and how
 * many users are how far behind each. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "show.h"

/* Users whose way leads over one peer, or none, at one distance. */
struct show_group {
	const char *via; /* NULL: no way, or local */
	uint16_t hops;
	bool local;
	size_t users;
};

struct show_groups {
	struct show_group *groups;
	size_t count;
};

static bool
show_group_is(const struct show_group *group, const struct user_view *view)
{
	/* Names of peers are the core's: the same peer, the same pointer. */
	return group->via == view->via && group->hops == view->hops &&
	    group->local == view->local;
}

static void
show_group_add(struct show_groups *groups, const struct user_view *view)
{
	struct show_group *group;
	size_t i;

	for (i = 0; i < groups->count; i++)
		if (show_group_is(&groups->groups[i], view))
			break;
	if (i == groups->count) {
		groups->groups = memory_resize(groups->groups,
		    (groups->count + 1) * sizeof(*groups->groups));
		group = &groups->groups[groups->count++];
		*group = (struct show_group){view->via, view->hops,
		    view->local, 0};
	}
	groups->groups[i].users++;
}

static struct show_groups
show_groups_of(const struct core *core)
{
	struct show_groups groups = {NULL, 0};
	const void *user = NULL;
	struct user_view view;

	while ((user = core_next_user(core, user, &view)) != NULL)
		if (view.shown)
			show_group_add(&groups, &view);
	return groups;
}

/* ---- as rows ---- */

static void
show_map_row(json_t *rows, const char *kind, const char *name, const char *to,
    const char *state, json_t *hops, json_t *users, json_t *rtt)
{
	json_t *row = json_pack("{s:s, s:o, s:o, s:s?, s:o, s:o, s:o}",
	    "kind", kind, "name", show_string(dn_str_of(name)),
	    "to", to != NULL ? show_string(dn_str_of(to)) : json_null(),
	    "state", state, "hops", hops, "users", users, "rtt", rtt);

	if (row == NULL || json_array_append_new(rows, row) != 0)
		abort();
}

static void
show_map_rows(json_t *rows, const struct core *core, const char *self,
    const struct show_groups *groups)
{
	const struct show_group *group;
	const void *peer = NULL;
	struct peer_view view;
	size_t i;

	show_map_row(rows, "node", self, NULL, NULL, json_integer(0),
	    json_null(), json_null());
	while ((peer = core_next_peer(core, peer, &view)) != NULL) {
		show_map_row(rows, "node", view.name, NULL, NULL,
		    json_integer(1), json_null(), json_null());
		show_map_row(rows, "link", self, view.name,
		    core_peer_state_word(view.state), json_null(),
		    json_integer((json_int_t)view.users), view.rtt_usec == 0 ?
		    json_null() : json_real(view.rtt_usec / 1e6));
	}
	for (i = 0; i < groups->count; i++) {
		group = &groups->groups[i];
		show_map_row(rows, "users", group->local ? self :
		    group->via != NULL ? group->via : "(no way)", NULL, NULL,
		    group->hops == DN_HOPS_INFINITY ? json_null() :
		    json_integer(group->hops),
		    json_integer((json_int_t)group->users), json_null());
	}
}

/* ---- as a graph ---- */

/* 'text' as graphviz quotes it. */
struct show_quoted {
	char text[3 * DN_HOST_BYTES_MAX];
};

static struct show_quoted
show_quote(const char *text)
{
	struct show_quoted quoted;
	size_t at = 0;

	quoted.text[at++] = '"';
	for (; *text != '\0' && at < sizeof(quoted.text) - 4; text++) {
		if (*text == '"' || *text == '\\')
			quoted.text[at++] = '\\';
		quoted.text[at++] = (unsigned char)*text < ' ' ? '?' : *text;
	}
	quoted.text[at++] = '"';
	quoted.text[at] = '\0';
	return quoted;
}

__attribute__((format(printf, 2, 3))) static void
show_map_line(json_t *rows, const char *format, ...)
{
	char text[5 * DN_HOST_BYTES_MAX];
	json_t *row = json_object();
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (row == NULL || json_object_set_new(row, "line",
	    show_string(dn_str_of(text))) != 0 ||
	    json_array_append_new(rows, row) != 0)
		abort();
}

static void
show_map_graph(json_t *rows, const struct core *core, const char *self,
    const struct show_groups *groups)
{
	const struct show_group *group;
	const void *peer = NULL;
	struct peer_view view;
	size_t i;

	show_map_line(rows, "graph dnchat {");
	show_map_line(rows, "\t%s [shape=box, style=bold];",
	    show_quote(self).text);
	while ((peer = core_next_peer(core, peer, &view)) != NULL) {
		show_map_line(rows, "\t%s [shape=box];",
		    show_quote(view.name).text);
		show_map_line(rows, "\t%s -- %s [label=\"%s %.1f ms\"%s];",
		    show_quote(self).text, show_quote(view.name).text,
		    core_peer_state_word(view.state), view.rtt_usec / 1e3,
		    view.state == PEER_UP ? "" : ", style=dashed");
	}
	for (i = 0; i < groups->count; i++) {
		group = &groups->groups[i];
		show_map_line(rows, "\tusers%zu [shape=plaintext, "
		    "label=\"%zu users\"];", i, group->users);
		if (group->local || group->via != NULL)
			show_map_line(rows, "\t%s -- users%zu "
			    "[style=dotted, label=\"%u hops\"];",
			    show_quote(group->local ? self :
			    group->via).text, i, (unsigned)group->hops);
	}
	show_map_line(rows, "}");
}

json_t *
show_map(const struct core *core, bool is_dot)
{
	struct show_groups groups = show_groups_of(core);
	json_t *rows = json_array();
	struct core_status status;

	if (rows == NULL)
		abort();
	core_status(core, &status);
	if (is_dot)
		show_map_graph(rows, core, status.name, &groups);
	else
		show_map_rows(rows, core, status.name, &groups);
	free(groups.groups);
	return rows;
}
