/* What rooms say to a single user: see room_say.h. */
#include "room_say.h"

#include <stdarg.h>
#include <stdio.h>

#include "dnchat/word.h"
#include "down.h"

/* No answer but a list is longer, without what the user himself said. */
#define ROOM_ANSWER_BYTES 1024

void
room_say(struct core *core, const struct user *from, const struct user *to,
    struct dn_str text)
{
	size_t size = core->settings.text_bytes_max;

	if (text.size > size) {
		while (size > 0 &&
		    ((unsigned char)text.data[size] & 0xc0) == 0x80)
			size--;
		text.size = size;
	}
	DOWN_LONG(core, text.size, say, .from = from->number,
	    .to = to->number, .text = text);
}

void
room_say_name(struct bytes *bytes, struct dn_str name, const char *marks)
{
	char code[4];
	size_t i;

	for (i = 0; i < name.size; i++) {
		if ((unsigned char)name.data[i] >= ' ' &&
		    name.data[i] != 0x7f && name.data[i] != '%' &&
		    strchr(marks, name.data[i]) == NULL) {
			bytes_append(bytes, &name.data[i], 1);
			continue;
		}
		(void)snprintf(code, sizeof(code), "%%%02X",
		    (unsigned)(unsigned char)name.data[i]);
		bytes_append(bytes, code, 3);
	}
}

void
room_say_word(struct bytes *bytes, struct dn_str name, const char *also)
{
	char word[3];

	for (; name.size > 0; name.data++, name.size--)
		bytes_append(bytes, word, dn_word_put(word, name, also));
}

void
room_say_meant(struct bytes *bytes, struct dn_str word)
{
	char byte;

	while (word.size > 0) {
		byte = dn_word_take(&word);
		bytes_append(bytes, &byte, 1);
	}
}

static void
room_say_head(struct bytes *bytes, const struct user *from)
{
	room_say_name(bytes, text_name(from->text), ":");
	bytes_append(bytes, ": ", 2);
}

static struct dn_str
room_say_str(const struct bytes *bytes)
{
	return (struct dn_str){(const char *)bytes->data, bytes->size};
}

void
room_answer(struct core *core, const struct user *from,
    const struct user *to, const char *format, ...)
{
	struct bytes bytes = {0};
	char text[ROOM_ANSWER_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	room_say_head(&bytes, from);
	bytes_append(&bytes, text, strlen(text));
	room_say(core, from, to, room_say_str(&bytes));
	bytes_deinit(&bytes);
}

/* ---- lists ---- */

void
room_list_begin(struct room_list *list, struct core *core,
    const struct user *from, const struct user *to, const char *head)
{
	*list = (struct room_list){.core = core, .from = from, .to = to,
	    .head = head};
}

static void
room_list_say(struct room_list *list)
{
	if (list->names > 0)
		room_say(list->core, list->from, list->to,
		    room_say_str(&list->line));
	list->told_bytes += list->line.size;
	list->line.size = 0;
	list->names = 0;
}

void
room_list_add(struct room_list *list, struct dn_str name)
{
	struct bytes word = {0};

	room_say_name(&word, name, ",");
	if (list->names > 0 && list->line.size + 2 + word.size >
	    list->core->settings.text_bytes_max)
		room_list_say(list);
	if (list->told_bytes + list->line.size + word.size >
	    ROOM_LIST_BYTES_MAX) {
		list->left_out++;
	} else {
		if (list->names++ == 0) {
			room_say_head(&list->line, list->from);
			bytes_append(&list->line, list->head,
			    strlen(list->head));
		}
		bytes_append(&list->line, list->names > 1 ? ", " : " ",
		    list->names > 1 ? 2 : 1);
		bytes_append(&list->line, word.data, word.size);
	}
	bytes_deinit(&word);
}

void
room_list_end(struct room_list *list)
{
	room_list_say(list);
	bytes_deinit(&list->line);
	if (list->left_out > 0)
		room_answer(list->core, list->from, list->to,
		    "%s and %zu more", list->head, list->left_out);
}
