package dev.caravan.engine.template;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** The renderings of transformers; see golden/template/README.md. */
final class GoldenTemplates {
    /** The time that generate.py pins. */
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-03T09:05:07Z"), ZoneOffset.UTC);

    private GoldenTemplates() {}

    /** What differs from the reference, one message each. */
    static List<String> differences(InputStream packed, UnaryOperator<String> sources) throws IOException {
        List<String> differences = new ArrayList<>();
        Map<String, JinjaTemplate> parsed = new HashMap<>();
        int cases = 0;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
            for (String row = reader.readLine(); row != null; row = reader.readLine()) {
                cases++;
                if (!(JsonReader.read(row) instanceof Map<?, ?> entry)) {
                    throw new AssertionError("row " + cases + " is not an object");
                }
                String source = entry.get("template") instanceof String text
                        ? text
                        : sources.apply(String.valueOf(entry.get("name")));
                String actual = render(parsed, source, Objects.requireNonNull(entry.get("variables")));
                boolean equal =
                        entry.containsKey("error") ? actual.startsWith("ERROR ") : actual.equals(entry.get("expected"));
                if (!equal) {
                    differences.add("%nrow %d %s%n  template  %s%n  variables %s%n  reference %s%n  caravan   %s"
                            .formatted(
                                    cases,
                                    entry.get("name"),
                                    entry.get("template"),
                                    entry.get("variables"),
                                    entry.containsKey("error")
                                            ? "raises " + entry.get("reference")
                                            : entry.get("expected"),
                                    actual));
                }
            }
        }
        if (cases < 500) {
            throw new AssertionError("only %d golden cases were found".formatted(cases));
        }
        return differences;
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    private static String render(Map<String, JinjaTemplate> parsed, String source, Object variables) {
        try {
            JinjaTemplate template = parsed.computeIfAbsent(
                    source,
                    text -> JinjaTemplate.parse(text)
                            .withTokens(Map.of("bos_token", "<bos>", "eos_token", "<eos>"))
                            .withClock(CLOCK));
            return template.render((Map<String, Object>) variables).stream()
                    .map(PromptPiece::text)
                    .collect(Collectors.joining());
        } catch (IllegalArgumentException refused) {
            return "ERROR " + refused.getMessage();
        }
    }

    static String resource(String name) {
        try (InputStream stream = open(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static InputStream open(String name) {
        InputStream stream = GoldenTemplates.class.getResourceAsStream("/golden/template/" + name);
        if (stream == null) {
            throw new AssertionError("missing test resource golden/template/" + name);
        }
        return stream;
    }
}
