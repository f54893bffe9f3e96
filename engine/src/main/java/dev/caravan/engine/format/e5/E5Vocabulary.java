package dev.caravan.engine.format.e5;

import dev.caravan.engine.tokenizer.TextNormalizer;

/**
 * The unigram vocabulary of the file; a piece's id is its index.
 *
 * @param pieces UTF-8, spaces spelled U+2581
 * @param scores log probabilities
 * @param bosToken before every input
 * @param eosToken after every input
 * @param normalizer XLM-R's character map
 */
@SuppressWarnings("ArrayRecordComponent") // handed over at loading, never written
public record E5Vocabulary(
        byte[][] pieces,
        float[] scores,
        int bosToken,
        int eosToken,
        int padToken,
        int unkToken,
        TextNormalizer normalizer) {}
