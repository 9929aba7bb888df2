// Looks a register up in the tables that raslib/views/reading.py has made of the declarations.

/**
 * What *value*, a BigInt, says as the register *name* of *tables*: its `fields` from the highest bit down (name, high,
 * low, number, value, text, doc, ref, codes, idle), the code of a `state`, and the sentences that it `means`.
 */
export function read({ registers, parts }, name, value) {
  const bits = ([high, low]) => Number((value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n));
  const hex = (number) => `0x${number.toString(16)}`;
  const { select, readings } = registers[name];
  const reading = parts[readings[bits(select)]];
  const asked = parts[reading.asked];
  const look = (number) => {
    let tree = parts[number];
    while (tree.by) tree = parts[tree.at[bits(asked[tree.by])] ?? tree.else];
    return tree.is;
  };
  // A number that is made of the whole register; its fields have at most 32 bits together.
  const made = ({ copy, ones, rest }) => {
    const set = ones.filter((field) => bits(field)).map(([high, low]) => 2 ** (high + 1) - 2 ** low);
    return (value & BigInt(copy)) | BigInt(rest + set.reduce((a, b) => a + b, 0));
  };
  const filled = (text) =>
    text.replace(/\{(\w+)\}/g, (_, word) => hex(word in reading.numbers ? made(reading.numbers[word]) : bits(asked[word])));
  const idle = look(reading.idle);
  const fields = parts[reading.fields].map((at) => {
    const [name, high, low, doc, ref, coded] = parts[at];
    const number = bits([high, low]);
    const codes = coded === null ? null : parts[coded];
    const [word, means] = codes?.[number] ?? [];
    const text = idle[name] ?? (means ? `${number}: ${means}` : doc);
    return { name, high, low, number, value: word ?? (number > 9 ? hex(number) : `${number}`), text, doc, ref, codes, idle: name in idle };
  });
  const [state, first] = look(reading.judged);
  return { fields, state, means: [...reading.opening, ...first, ...reading.says.flatMap(look)].map(filled) };
}
