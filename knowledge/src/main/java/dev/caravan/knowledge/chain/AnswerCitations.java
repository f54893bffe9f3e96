package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.chain.Attribution.Support;
import dev.caravan.knowledge.chain.MarkFilter.Mark;
import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.text.Sentences;
import dev.caravan.knowledge.text.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Citations and sources of a finished answer: each of its sentences is attributed by itself. */
record AnswerCitations(List<Citation> citations, List<Source> sources) {

    /**
     * @param content the answer without the model's own marks
     * @param marks those marks
     * @param segments the passages as they were numbered for the model, from 1
     * @param anchors finds the page or paragraph at a place of a document; a segment may hold several
     */
    static AnswerCitations of(
            Attribution attribution,
            String question,
            String content,
            List<Mark> marks,
            List<RetrievedSegment> segments,
            AnchorFinder anchors) {
        List<String> passages = segments.stream().map(RetrievedSegment::text).toList();
        Map<Integer, Integer> indices = new LinkedHashMap<>();
        List<Citation> citations = new ArrayList<>();
        for (Span sentence : Sentences.of(content)) {
            Optional<Support> support =
                    attribution.support(sentence.of(content), question, passages, hints(marks, sentence));
            support.ifPresent(found -> {
                int index = indices.computeIfAbsent(found.passage(), passage -> indices.size() + 1);
                RetrievedSegment segment = segments.get(found.passage());
                Anchor anchor = anchors.anchorAt(
                                segment.documentHash(),
                                segment.start() + found.quote().start())
                        .orElse(null);
                citations.add(citation(index, content, sentence, segment, found.quote(), anchor));
            });
        }
        return new AnswerCitations(List.copyOf(citations), sources(segments, indices));
    }

    /** The passages that the model marked in a sentence or right behind it. */
    private static Set<Integer> hints(List<Mark> marks, Span sentence) {
        return marks.stream()
                .filter(mark -> mark.offset() > sentence.start() && mark.offset() <= sentence.end() + 1)
                .map(mark -> mark.number() - 1)
                .collect(Collectors.toSet());
    }

    /** Looks up the page or paragraph at a place of a document; empty if the document has gone meanwhile. */
    @FunctionalInterface
    interface AnchorFinder {
        Optional<Anchor> anchorAt(String documentHash, int position);
    }

    private static Citation citation(
            int index, String content, Span sentence, RetrievedSegment segment, Span quote, @Nullable Anchor anchor) {
        return new Citation(
                index,
                segment.fileId(),
                segment.filename(),
                segment.documentHash(),
                anchor == null ? segment.page() : anchor.page(),
                anchor == null ? segment.paragraph() : anchor.paragraph(),
                quote.of(segment.text()),
                content.codePointCount(0, sentence.start()),
                content.codePointCount(0, sentence.end()),
                segment.start() + quote.start(),
                segment.start() + quote.end());
    }

    private static List<Source> sources(List<RetrievedSegment> segments, Map<Integer, Integer> indices) {
        List<Source> sources = new ArrayList<>();
        indices.forEach((passage, index) -> sources.add(new Source(index, segments.get(passage), true)));
        for (int passage = 0; passage < segments.size(); passage++) {
            if (!indices.containsKey(passage)) {
                sources.add(new Source(sources.size() + 1, segments.get(passage), false));
            }
        }
        return List.copyOf(sources);
    }
}
