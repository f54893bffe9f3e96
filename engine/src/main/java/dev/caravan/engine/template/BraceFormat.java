package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;

/** Python's {@code "...".format(...)} with plain fields: {@code {}}, {@code {0}}, {@code {name}}. */
final class BraceFormat {
    private BraceFormat() {}

    static Text format(JinjaRun run, Text format, Arguments arguments) {
        String value = format.value();
        Text.Builder out = new Text.Builder();
        int automatic = 0;
        for (int i = 0; i < value.length(); i++) {
            char character = value.charAt(i);
            if (character != '{' && character != '}') {
                out.append(format, i, i + 1);
            } else if (i + 1 < value.length() && value.charAt(i + 1) == character) {
                out.append(format, i, ++i);
            } else {
                int end = value.indexOf('}', i);
                if (character == '}' || end < 0) {
                    throw new JinjaException("the format '%s' has a single brace".formatted(value));
                }
                String field = value.substring(i + 1, end);
                Text text = JinjaValues.string(field(arguments, field.isEmpty() ? "" + automatic++ : field));
                run.characters(text.length());
                out.append(text);
                i = end;
            }
        }
        return out.build();
    }

    private static Object field(Arguments arguments, String field) {
        Object named = arguments.named().get(field);
        if (named != null) {
            return named;
        }
        if (!field.matches("[0-9]{1,4}")
                || Integer.parseInt(field) >= arguments.positional().size()) {
            throw new JinjaException("there is no value for the field '{%s}' of a format".formatted(field));
        }
        return arguments.positional().get(Integer.parseInt(field));
    }
}
