package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SegmentContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.injector.ContentInjector;
import java.util.List;

/** Puts numbered passages before a question, for models that follow instructions. LangChain4j's injector. */
final class PassageInjector implements ContentInjector {

    @Override
    public ChatMessage inject(List<Content> contents, ChatMessage message) {
        if (contents.isEmpty() || !(message instanceof UserMessage question)) {
            return message;
        }
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < contents.size(); index++) {
            text.append(passage(index + 1, ((SegmentContent) contents.get(index)).segment()));
        }
        return UserMessage.from(text.append(question.singleText()).toString());
    }

    /** A passage as the model reads it, with its number and where it is from. */
    static String passage(int number, RetrievedSegment segment) {
        String place = segment.page() == null ? "" : ", p. " + segment.page();
        return "[%d] (%s%s)\n%s\n\n".formatted(number, segment.filename(), place, segment.text());
    }
}
