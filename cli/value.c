/*
 * Members of rows as words: see value.h.
 */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members that people read better in another form than JSON has them. */
enum value_form {
	VALUE_SECONDS, /* whole seconds: 3h05m */
	VALUE_INTERVAL /* seconds: 0.21ms */
};

static const struct {
	const char *key;
	enum value_form form;
} value_forms[] = {
	{"uptime", VALUE_SECONDS}, {"since", VALUE_SECONDS},
	{"retry", VALUE_SECONDS}, {"rtt", VALUE_INTERVAL},
	{"hold", VALUE_INTERVAL},
};

static void
value_seconds(char *text, size_t size, long seconds)
{
	static const struct {
		long unit, part;
		const char *format;
	} forms[] = {
		{86400, 3600, "%ldd%02ldh"}, {3600, 60, "%ldh%02ldm"},
		{60, 1, "%ldm%02lds"},
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (seconds >= forms[i].unit) {
			(void)snprintf(text, size, forms[i].format,
			    seconds / forms[i].unit,
			    seconds % forms[i].unit / forms[i].part);
			return;
		}
	(void)snprintf(text, size, "%lds", seconds);
}

/* A number in the form that 'key' has. */
static void
value_number(const char *key, const json_t *value, char *text, size_t size)
{
	double number = json_number_value(value);
	size_t i;

	for (i = 0; i < sizeof(value_forms) / sizeof(value_forms[0]); i++) {
		if (strcmp(value_forms[i].key, key) != 0 ||
		    !(number >= 0 && number < 1e9))
			continue;
		if (value_forms[i].form == VALUE_SECONDS)
			value_seconds(text, size, (long)number);
		else
			(void)snprintf(text, size, "%.4gms", number * 1e3);
		return;
	}
	if (json_is_integer(value))
		(void)snprintf(text, size, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
	else
		(void)snprintf(text, size, "%.6g", number);
}

void
value_add(struct text *text, const char *key, const json_t *value)
{
	struct dn_str str = {NULL, 0};
	char number[32];
	char *dumped = NULL;

	if (json_is_string(value))
		str = (struct dn_str){json_string_value(value),
		    json_string_length(value)};
	else if (json_is_boolean(value))
		str = dn_str_of(json_is_true(value) ? "yes" : "no");
	else if (json_is_object(value) || json_is_array(value)) {
		dumped = json_dumps(value, JSON_COMPACT);
		str = dn_str_of(dumped);
	} else if (json_is_number(value)) {
		value_number(key, value, number, sizeof(number));
		str = dn_str_of(number);
	}
	text_add_escaped(text, str.size > 0 ? str : dn_str_of("-"));
	free(dumped);
}
