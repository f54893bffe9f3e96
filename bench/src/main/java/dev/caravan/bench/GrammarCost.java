package dev.caravan.bench;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.grammar.GrammarConstraint;
import dev.caravan.engine.grammar.TokenGrammar;
import dev.caravan.engine.grammar.TokenVocabulary;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a constraint costs per token, in CPU time of its thread: the tokens of a valid document are fed one by one and the
 * mask is made before each. The first answer under a schema finds its masks, later ones take them from memory.
 *
 * <p>Run the class with the path of a model as its one argument.
 */
public final class GrammarCost {
    private static final int ROUNDS = 20;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Tokenizer tokenizer;
    private final float[] logits;

    private GrammarCost(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.logits = new float[tokenizer.vocabSize()];
    }

    /** @param answer a document that is valid against the schema, written as the grammar writes it */
    private record Case(String name, Map<String, Object> schema, String answer) {}

    /** Prints a line per schema; exits with 2 without an argument. */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("GrammarCost takes the path of a model");
            System.exit(2);
        }
        LoadOptions options = new LoadOptions(1, 1024, Long.MAX_VALUE);
        try (LanguageModel model = LanguageModels.load(Path.of(arguments[0]), options, "not needed")) {
            long started = THREADS.getCurrentThreadCpuTime();
            TokenVocabulary.of(model.tokenizer());
            System.out.printf(
                    "vocabulary of %d tokens: %.0f ms, once%n",
                    model.tokenizer().vocabSize(), millisSince(started));
            System.out.printf(
                    "%-22s %6s %10s | first answer: mean, most | later: mean, most (ms per token)%n",
                    "schema", "tokens", "compile ms");
            GrammarCost cost = new GrammarCost(model.tokenizer());
            for (Case schema : cases()) {
                cost.measure(schema);
            }
        }
    }

    /** The figures of the last round, when the program is warm. */
    private void measure(Case schema) {
        int[] tokens = tokenizer.encode(schema.answer(), Specials.AS_TEXT);
        for (int round = 1; round <= ROUNDS; round++) {
            Map<String, Object> unknown = new LinkedHashMap<>(schema.schema());
            unknown.put("$comment", "round " + round);
            long started = THREADS.getCurrentThreadCpuTime();
            TokenGrammar grammar = TokenGrammar.forJsonSchema(unknown, tokenizer);
            double compileMillis = millisSince(started);
            double[] first = replay(grammar.constraint(), tokens);
            double[] later = replay(grammar.constraint(), tokens);
            if (round == ROUNDS) {
                System.out.printf(
                        "%-22s %6d %10.2f | %8.3f %8.2f | %8.3f %8.2f%n",
                        schema.name(), tokens.length, compileMillis, first[0], first[1], later[0], later[1]);
            }
        }
    }

    /** The mean and the most milliseconds per token. */
    private double[] replay(GrammarConstraint constraint, int[] tokens) {
        double sum = 0;
        double most = 0;
        for (int count = 0; count <= tokens.length; count++) {
            Arrays.fill(logits, 0);
            long started = THREADS.getCurrentThreadCpuTime();
            constraint.apply(tokens, count, logits);
            double millis = millisSince(started);
            sum += millis;
            most = Math.max(most, millis);
            if (count < tokens.length && logits[tokens[count]] != 0) {
                throw new IllegalStateException(
                        "token %d of the answer does not fit the schema; correct one of them".formatted(count));
            }
        }
        return new double[] {sum / (tokens.length + 1), most};
    }

    private static double millisSince(long started) {
        return (THREADS.getCurrentThreadCpuTime() - started) / NANOS_PER_MILLI;
    }

    private static List<Case> cases() {
        Map<String, Object> text = Map.of("type", "string");
        Map<String, Object> shortText = Map.of("type", "string", "maxLength", 60);
        Map<String, Object> count = Map.of("type", "integer", "minimum", 1, "maximum", 1000);
        Map<String, Object> items =
                Map.of("type", "array", "maxItems", 5, "items", object("name", text, "count", count));
        Map<String, Object> node =
                object("value", text, "children", Map.of("type", "array", "items", Map.of("$ref", "#")));
        Map<String, Object> event = object(
                "title", shortText,
                "date", Map.of("type", "string", "format", "date"),
                "kind", Map.of("enum", List.of("회의", "출장", "휴가")));
        return List.of(
                new Case(
                        "three texts",
                        object("name", text, "city", text, "note", text),
                        "{\"name\": \"김철수\", \"city\": \"부산\", \"note\": \"다음 주에 다시 오겠다고 말했습니다.\"}"),
                new Case(
                        "short texts, a date",
                        event,
                        "{\"title\": \"부산 지사와 내년 예산을 의논하는 자리\", \"date\": \"2026-11-24\", \"kind\": \"출장\"}"),
                new Case(
                        "five items",
                        object("items", items),
                        "{\"items\": [{\"name\": \"apples\", \"count\": 12}, {\"name\": \"배\", \"count\": 3},"
                                + " {\"name\": \"dried persimmons\", \"count\": 500}]}"),
                new Case(
                        "a tree",
                        node,
                        "{\"value\": \"a\", \"children\": [{\"value\": \"b\", \"children\": [{\"value\": \"c\", \"children\": []}]}]}"),
                new Case(
                        "any object",
                        Map.of("type", "object"),
                        "{\"title\": \"회의\", \"people\": [\"Kim\", \"Lee\"], \"open\": true, \"hours\": 1.5}"));
    }

    private static Map<String, Object> object(Object... namesAndSchemas) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < namesAndSchemas.length; i += 2) {
            properties.put((String) namesAndSchemas[i], namesAndSchemas[i + 1]);
        }
        return Map.of(
                "type",
                "object",
                "properties",
                properties,
                "required",
                List.copyOf(properties.keySet()),
                "additionalProperties",
                false);
    }
}
