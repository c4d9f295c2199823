/*
 * Names as words, as dnchat/word.h has them: between names as all of dnchat
 * has them and codecs whose protocols write names.
 */
#ifndef DATAPLANE_SPELL_H
#define DATAPLANE_SPELL_H

#include "dnchat/buf.h"

/* Room that a spelled name of 'size' bytes needs at most. */
#define SPELL_BYTES(size) ((size) * 3)

/* Writes 'name' to 'wr' as a word; 'also' as dn_word_put() has it. Returns what
 * was written. */
struct dn_str spell_name(struct dn_wr *wr, struct dn_str name,
    const char *also);

/* The same for 'names', which stand on lines of their own. */
struct dn_str spell_names(struct dn_wr *wr, struct dn_str names);

/*
 * Reads 'word' to 'wr' as a name, and sets '*name' to it. False, and nothing is
 * written, if that is no name: not UTF-8, or with a CR or LF in it.
 */
bool spell_read(struct dn_wr *wr, struct dn_str word, struct dn_str *name);

/* Reads "a, b, c" as names on lines of their own; what is no name is left
 * out. Returns what was written. */
struct dn_str spell_read_names(struct dn_wr *wr, struct dn_str words);

#endif
