package dev.caravan.engine.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The compiled grammars of one vocabulary that were asked for of late: callers send the same schema again and again. */
final class TokenGrammars {
    private static final int MAX_KEPT = 8;

    private final TokenVocabulary vocabulary;
    private final Map<String, TokenGrammar> kept = new LinkedHashMap<>(16, 0.75f, true);

    TokenGrammars(TokenVocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    TokenGrammar forJsonSchema(Map<String, ?> schema) {
        return get("schema " + JsonText.of(schema), () -> JsonSchemaGrammar.of(schema));
    }

    TokenGrammar forJsonObject() {
        return get("object", JsonSchemaGrammar::anyObject);
    }

    TokenGrammar forGrammar(String gbnf) {
        return get("gbnf " + gbnf, () -> Grammar.parse(gbnf));
    }

    private TokenGrammar get(String key, Supplier<Grammar> grammar) {
        synchronized (kept) {
            TokenGrammar known = kept.get(key);
            if (known != null) {
                return known;
            }
        }
        // Compiled outside the lock; two callers with the same new schema at once both compile it.
        TokenGrammar compiled = new TokenGrammar(grammar.get(), vocabulary);
        synchronized (kept) {
            kept.put(key, compiled);
            if (kept.size() > MAX_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
            return compiled;
        }
    }
}
