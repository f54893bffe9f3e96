package dev.caravan.engine.template;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** What apply_chat_template of transformers made of typed messages and options; see golden/template/models/README.md. */
final class GoldenMatrix {

    /** How many cases there were by template, and what differs from the reference, one message each. */
    record Outcome(Map<String, Integer> cases, List<String> differences) {}

    private final Map<String, JinjaTemplate> templates = new HashMap<>();
    private final Map<String, Integer> cases = new TreeMap<>();
    private final List<String> differences = new ArrayList<>();

    /**
     * Renders every case of a golden file.
     *
     * @param sources the text of a template by its SHA-256; an empty string leaves that template's cases out
     */
    static Outcome compare(InputStream packed, UnaryOperator<String> sources) throws IOException {
        GoldenMatrix matrix = new GoldenMatrix();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
            for (String row = reader.readLine(); row != null; row = reader.readLine()) {
                matrix.row(object(JsonReader.read(row)), sources);
            }
        }
        return new Outcome(matrix.cases, matrix.differences);
    }

    private void row(Map<String, @Nullable Object> row, UnaryOperator<String> sources) {
        if (row.containsKey("template")) {
            String source = sources.apply(string(row.get("sha256")));
            if (!source.isEmpty()) {
                templates.put(
                        string(row.get("template")),
                        JinjaTemplate.parse(source)
                                .withTokens(Map.of("bos_token", "<bos>", "eos_token", "<eos>"))
                                .withClock(GoldenTemplates.CLOCK));
            }
            return;
        }
        String name = string(row.get("name"));
        JinjaTemplate template = templates.get(name);
        if (template == null) {
            return;
        }
        cases.merge(name, 1, Integer::sum);
        String problem = problem(template, row);
        if (!problem.isEmpty()) {
            differences.add("%n%s %s%n  messages  %s%n  arguments %s%n  %s"
                    .formatted(name, cases.get(name), row.get("messages"), row.get("arguments"), problem));
        }
    }

    private static String problem(JinjaTemplate template, Map<String, @Nullable Object> row) {
        String actual;
        try {
            actual = template.render(messages(row.get("messages")), options(object(row.get("arguments")))).stream()
                    .map(PromptPiece::text)
                    .collect(Collectors.joining());
        } catch (IllegalArgumentException refused) {
            Object words = row.get("message");
            boolean isRefusedAlike = row.containsKey("error") && (words == null || words.equals(refused.getMessage()));
            return isRefusedAlike ? "" : "reference %s%n  caravan   raises %s".formatted(result(row), refused);
        }
        boolean isEqual = row.containsKey("digest")
                ? sha256(actual).substring(0, 16).equals(row.get("digest"))
                : actual.equals(row.get("expected"));
        return isEqual ? "" : "reference %s%n  caravan   %s".formatted(result(row), actual);
    }

    private static String result(Map<String, @Nullable Object> row) {
        return row.containsKey("error")
                ? "raises %s %s".formatted(row.get("error"), row.get("message"))
                : String.valueOf(row.getOrDefault("expected", row.get("digest")));
    }

    static List<ChatMessage> messages(@Nullable Object list) {
        List<ChatMessage> messages = new ArrayList<>();
        for (Object item : list(list)) {
            messages.add(message(object(item)));
        }
        return messages;
    }

    private static ChatMessage message(Map<String, @Nullable Object> message) {
        String content = message.get("content") instanceof String text ? text : null;
        List<String> parts = new ArrayList<>();
        for (Object part : message.get("content") instanceof List<?> list ? list : List.of()) {
            parts.add(string(object(part).get("text")));
        }
        List<ToolCall> calls = new ArrayList<>();
        for (Object call : message.get("tool_calls") instanceof List<?> list ? list : List.of()) {
            Map<String, @Nullable Object> function = object(object(call).get("function"));
            calls.add(new ToolCall(
                    optional(object(call).get("id")),
                    string(function.get("name")),
                    Objects.requireNonNull(function.get("arguments"))));
        }
        return new ChatMessage(
                string(message.get("role")),
                content,
                parts,
                optional(message.get("reasoning_content")),
                calls,
                optional(message.get("tool_call_id")),
                optional(message.get("name")));
    }

    private static TemplateOptions options(Map<String, @Nullable Object> arguments) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(arguments);
        Object tools = variables.remove("tools");
        Object documents = variables.remove("documents");
        boolean prompt = Boolean.TRUE.equals(variables.remove("add_generation_prompt"));
        boolean continued = Boolean.TRUE.equals(variables.remove("continue_final_message"));
        return new TemplateOptions(
                tools == null ? null : objects(tools),
                documents == null ? null : objects(documents),
                prompt,
                continued,
                null,
                variables);
    }

    private static List<Map<String, ?>> objects(Object list) {
        List<Map<String, ?>> objects = new ArrayList<>();
        for (Object item : list(list)) {
            objects.add(object(item));
        }
        return objects;
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    static Map<String, @Nullable Object> object(@Nullable Object value) {
        return (Map<String, @Nullable Object>) Objects.requireNonNull(value);
    }

    static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }

    private static String string(@Nullable Object value) {
        return (String) Objects.requireNonNull(value);
    }

    private static @Nullable String optional(@Nullable Object value) {
        return value == null ? null : string(value);
    }

    static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
