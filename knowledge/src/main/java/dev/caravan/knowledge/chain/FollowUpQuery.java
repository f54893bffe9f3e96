package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.text.TermAnalyzer;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.rag.query.Metadata;
import dev.langchain4j.rag.query.Query;
import dev.langchain4j.rag.query.transformer.QueryTransformer;
import java.util.Collection;
import java.util.List;

/**
 * Searches for a short follow-up ("그럼 신입은요?") together with the question before it, which holds the subject. No model
 * is asked: rewriting by a small model loses more than it finds. Thread-safe.
 */
final class FollowUpQuery implements QueryTransformer {

    /** A question with so many terms stands by itself. */
    private static final int TERMS_MIN = 3;

    private final TermAnalyzer analyzer;

    FollowUpQuery(TermAnalyzer analyzer) {
        this.analyzer = analyzer;
    }

    @Override
    public Collection<Query> transform(Query query) {
        Metadata metadata = query.metadata();
        if (metadata == null || metadata.chatMemory() == null) {
            return List.of(query);
        }
        long terms = analyzer.analyze(query.text()).stream().distinct().count();
        List<ChatMessage> conversation = metadata.chatMemory();
        if (terms >= TERMS_MIN) {
            return List.of(query);
        }
        // The last message is the question itself.
        for (int index = conversation.size() - 2; index >= 0; index--) {
            if (conversation.get(index) instanceof UserMessage earlier) {
                return List.of(Query.from(earlier.singleText() + "\n" + query.text(), metadata));
            }
        }
        return List.of(query);
    }
}
