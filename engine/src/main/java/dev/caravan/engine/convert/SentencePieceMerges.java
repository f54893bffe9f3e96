package dev.caravan.engine.convert;

import dev.caravan.engine.tokenizer.TokenType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of SentencePiece's BPE, which its files do not hold: every way to put a piece together from two others, the
 * pieces of the highest scores first. Source: transformers' converter from SentencePiece ({@code generate_merges}).
 */
final class SentencePieceMerges {

    /** Two pieces, their ids, and the score of what they make. */
    private record Merge(String left, String right, int leftId, int rightId, float score) {}

    private SentencePieceMerges() {}

    /** Pairs of pieces, the best first. */
    static List<List<String>> of(List<String> tokens, int[] types, float[] scores) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (types[id] == TokenType.NORMAL) {
                ids.put(tokens.get(id), id);
            }
        }
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (types[id] == TokenType.NORMAL) {
                addSplits(tokens.get(id), scores[id], ids, merges);
            }
        }
        // Stable: of equal scores and lengths the order of the pieces remains.
        merges.sort(Comparator.comparingDouble(Merge::score)
                .thenComparingInt(merge -> length(merge.left))
                .thenComparingInt(merge -> length(merge.right))
                .reversed());
        return merges.stream().map(merge -> List.of(merge.left, merge.right)).toList();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static void addSplits(String piece, float score, Map<String, Integer> ids, List<Merge> merges) {
        List<Merge> own = new ArrayList<>();
        for (int at = piece.offsetByCodePoints(0, 1); at < piece.length(); at = piece.offsetByCodePoints(at, 1)) {
            Integer left = ids.get(piece.substring(0, at));
            Integer right = left == null ? null : ids.get(piece.substring(at));
            if (left != null && right != null) {
                own.add(new Merge(piece.substring(0, at), piece.substring(at), left, right, score));
            }
        }
        own.sort(Comparator.comparingInt(Merge::leftId).thenComparingInt(Merge::rightId));
        merges.addAll(own);
    }
}
