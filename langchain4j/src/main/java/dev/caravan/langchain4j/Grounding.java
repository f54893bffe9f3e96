package dev.caravan.langchain4j;

import java.util.List;

/**
 * Keeps an answer to the words of passages; see {@link dev.caravan.engine.generate.PassageConstraint}.
 *
 * @param passages what the answer is to be made of
 * @param furtherTexts texts whose words are allowed as well: particles, verb endings
 * @param copyBonus logits added for each token of a passage's run that the next token continues; 0 only masks
 */
public record Grounding(List<String> passages, List<String> furtherTexts, double copyBonus) {

    public Grounding {
        passages = List.copyOf(passages);
        furtherTexts = List.copyOf(furtherTexts);
    }
}
