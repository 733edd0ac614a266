// The table of lines of an image: DWARF 4, as `-gdwarf-4 -gline-tables-only` writes it, of one file.

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "image.h"

typedef struct {
  const uint8_t *at, *end;
} cursor;

static uint64_t fixed(cursor *c, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes && c->at < c->end; i++) value |= (uint64_t)*c->at++ << 8 * i;
  return value;
}

static uint64_t unsigned_leb(cursor *c) {
  uint64_t value = 0;
  for (int shift = 0; c->at < c->end; shift += 7) {
    const uint8_t byte = *c->at++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

static int64_t signed_leb(cursor *c) {
  int64_t value = 0;
  for (int shift = 0; c->at < c->end;) {
    const uint8_t byte = *c->at++;
    value |= (int64_t)(byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return byte & 0x40 ? value | -((int64_t)1 << shift) : value;
  }
  return value;
}

static cursor section(const image *image, const char *name) {
  const Elf64_Ehdr *header = (const void *)image->bytes;
  const Elf64_Shdr *sections = (const void *)(image->bytes + header->e_shoff);
  const char *names = (const char *)image->bytes + sections[header->e_shstrndx].sh_offset;
  for (int i = 0; i < header->e_shnum; i++) {
    if (strcmp(names + sections[i].sh_name, name) != 0) continue;
    const uint8_t *start = image->bytes + sections[i].sh_offset;
    return (cursor){start, start + sections[i].sh_size};
  }
  return (cursor){NULL, NULL};
}

/// A row of the table, which holds up to the next one's address.
typedef struct {
  uint64_t address;
  int64_t line;
  bool starts_sequence;
} row;

/// Whether the address lies between two rows of a sequence.
static bool holds(row last, row next, uint64_t address) {
  return !last.starts_sequence && last.address <= address && address < next.address;
}

/// The line of an address in one unit, whose program the cursor holds; 0 if it is not in it.
static int line_in_unit(cursor c, uint64_t address) {
  const uint64_t version = fixed(&c, 2), header_length = fixed(&c, 4);
  if (version != 4) return 0;
  const uint8_t *program = c.at + header_length;
  const uint64_t step = fixed(&c, 1);
  fixed(&c, 2);  // the most operations to an instruction, whether rows begin statements
  const int8_t line_base = (int8_t)fixed(&c, 1);
  const uint8_t line_range = (uint8_t)fixed(&c, 1), opcode_base = (uint8_t)fixed(&c, 1);
  const uint8_t *operand_counts = c.at;
  c.at = program;

  const row start = {0, 1, true};
  row last = start, now = start;
  while (c.at < c.end) {
    const uint8_t opcode = *c.at++;
    bool is_row = false, is_end = false;
    if (opcode >= opcode_base) {
      now.address += (uint64_t)((opcode - opcode_base) / line_range) * step;
      now.line += line_base + (opcode - opcode_base) % line_range;
      is_row = true;
    } else if (opcode == 0) {
      const uint64_t length = unsigned_leb(&c);
      const uint8_t *next = c.at + length;
      const uint64_t extended = fixed(&c, 1);
      if (extended == 1) is_row = is_end = true;
      if (extended == 2) now.address = fixed(&c, 8);
      c.at = next;
    } else if (opcode == 1) {
      is_row = true;
    } else if (opcode == 2) {
      now.address += unsigned_leb(&c) * step;
    } else if (opcode == 3) {
      now.line += signed_leb(&c);
    } else if (opcode == 8) {
      now.address += (uint64_t)((255 - opcode_base) / line_range) * step;
    } else if (opcode == 9) {
      now.address += fixed(&c, 2);
    } else {
      for (int i = 0; i < operand_counts[opcode - 1]; i++) unsigned_leb(&c);
    }
    if (!is_row) continue;
    if (holds(last, now, address)) return (int)last.line;
    last = now;
    last.starts_sequence = false;
    if (is_end) last = now = start;
  }
  return 0;
}

int image_line(const image *image, uint64_t offset) {
  cursor c = section(image, ".debug_line");
  while (c.at < c.end) {
    const uint64_t length = fixed(&c, 4);
    const cursor unit = {c.at, c.at + length};
    const int line = line_in_unit(unit, offset);
    if (line > 0) return line;
    c.at = unit.end;
  }
  return 0;
}
