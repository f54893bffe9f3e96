package dev.caravan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CaravanStreamingChatModelTest {

    private final FakeLanguageModel engine = new FakeLanguageModel(FinishReason.STOP, "하나", "둘", "셋");

    @Test
    void streamsEveryPieceAndThenTheWholeAnswer() {
        Recorder recorder = new Recorder();
        onCallingThread().chat("세어 봐", recorder);

        assertThat(recorder.events).containsExactly("하나", "둘", "셋", "complete 하나둘셋");
        assertThat(recorder.response().tokenUsage())
                .isEqualTo(new CaravanTokenUsage(3, FakeLanguageModel.CACHED_TOKENS, 3));
        assertThat(recorder.response().finishReason()).isEqualTo(dev.langchain4j.model.output.FinishReason.STOP);
    }

    @Test
    void answersOnAThreadOfItsOwnByDefault() throws InterruptedException {
        CountDownLatch returned = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        List<String> threads = new ArrayList<>();
        new CaravanStreamingChatModel(engine, CaravanChatOptions.defaults()).chat("?", new Recorder() {
            @Override
            public void onPartialResponse(String text) {
                await(returned);
                threads.add(Thread.currentThread().getName());
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                done.countDown();
            }
        });
        returned.countDown();

        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(threads).hasSize(3).allMatch(name -> name.startsWith("caravan-chat-"));
    }

    @Test
    void stopsWithinATokenWhenItsHandleIsCancelledAndStillDeliversWhatThereIs() {
        Recorder recorder = new Recorder() {
            @Override
            public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
                super.onPartialResponse(partial, context);
                if (partial.text().equals("둘")) {
                    context.streamingHandle().cancel();
                    assertThat(context.streamingHandle().isCancelled()).isTrue();
                }
            }
        };
        onCallingThread().chat("세어 봐", recorder);

        assertThat(recorder.events).containsExactly("하나", "둘", "complete 하나둘");
        assertThat(((CaravanChatResponseMetadata) recorder.response().metadata()).isCancelled())
                .isTrue();
    }

    @Test
    void cancelsOneAnswerOnly() {
        Recorder first = new Recorder() {
            @Override
            public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
                super.onPartialResponse(partial, context);
                context.streamingHandle().cancel();
            }
        };
        Recorder second = new Recorder();
        CaravanStreamingChatModel model = onCallingThread();
        model.chat("1", first);
        model.chat("2", second);

        assertThat(first.events).containsExactly("하나", "complete 하나");
        assertThat(second.events).containsExactly("하나", "둘", "셋", "complete 하나둘셋");
    }

    @Test
    void deliversTheEnginesErrorsToTheHandler() {
        engine.failure = new ContextOverflowException(200, 100);
        Recorder recorder = new Recorder();
        onCallingThread().chat("?", recorder);

        assertThat(recorder.events).isEmpty();
        assertThat(recorder.errors).containsExactly(engine.failure);
    }

    @Test
    void deliversRefusalsToTheHandler() {
        Recorder recorder = new Recorder();
        onCallingThread()
                .chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from("?"))
                                .responseFormat(ResponseFormat.JSON)
                                .build(),
                        recorder);

        assertThat(recorder.errors).singleElement().isInstanceOf(UnsupportedFeatureException.class);
    }

    @Test
    void endsTheAnswerOfAHandlerThatThrows() {
        IllegalStateException failure = new IllegalStateException("the page is gone");
        Recorder recorder = new Recorder() {
            @Override
            public void onPartialResponse(String text) {
                super.onPartialResponse(text);
                throw failure;
            }
        };
        onCallingThread().chat("?", recorder);

        assertThat(recorder.events).containsExactly("하나");
        assertThat(recorder.errors).containsExactly(failure);
    }

    @Test
    void survivesAHandlerThatThrowsInOnError() {
        engine.failure = new ContextOverflowException(200, 100);
        onCallingThread().chat("?", new Recorder() {
            @Override
            public void onError(Throwable error) {
                throw new IllegalStateException("nobody listens");
            }
        });
        assertThat(engine.requests).hasSize(1);
    }

    @Test
    void refusesAnAnswerThatNoThreadTakes() {
        Recorder recorder = new Recorder();
        new CaravanStreamingChatModel(engine, CaravanChatOptions.defaults(), _ -> {
                    throw new RejectedExecutionException("full");
                })
                .chat("?", recorder);

        assertThat(recorder.errors).singleElement().isInstanceOf(RateLimitException.class);
    }

    @Test
    void carriesABoundedNumberOfAnswersOnItsOwnThreads() {
        CountDownLatch release = new CountDownLatch(1);
        CaravanStreamingChatModel model = new CaravanStreamingChatModel(engine, CaravanChatOptions.defaults());
        List<CompletableFuture<Throwable>> outcomes = new ArrayList<>();
        for (int i = 0; i <= CaravanStreamingChatModel.MAX_CONCURRENT_ANSWERS; i++) {
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            outcomes.add(outcome);
            model.chat("?", new Recorder() {
                @Override
                public void onPartialResponse(String text) {
                    await(release);
                }

                @Override
                public void onCompleteResponse(ChatResponse response) {
                    outcome.complete(null);
                }

                @Override
                public void onError(Throwable error) {
                    outcome.complete(error);
                }
            });
        }
        release.countDown();

        assertThat(outcomes.getLast().orTimeout(10, TimeUnit.SECONDS).join()).isInstanceOf(RateLimitException.class);
        for (CompletableFuture<Throwable> outcome : outcomes.subList(0, outcomes.size() - 1)) {
            assertThat(outcome.orTimeout(10, TimeUnit.SECONDS).join()).isNull();
        }
    }

    private CaravanStreamingChatModel onCallingThread() {
        return new CaravanStreamingChatModel(engine, CaravanChatOptions.defaults(), Runnable::run);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("waited in vain");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    private static class Recorder implements StreamingChatResponseHandler {
        final List<String> events = new ArrayList<>();
        final List<ChatResponse> responses = new ArrayList<>();
        final List<Throwable> errors = new ArrayList<>();

        @Override
        public void onPartialResponse(String text) {
            events.add(text);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            events.add("complete " + response.aiMessage().text());
            responses.add(response);
        }

        @Override
        public void onError(Throwable error) {
            errors.add(error);
        }

        ChatResponse response() {
            assertThat(responses).hasSize(1);
            return responses.getFirst();
        }
    }
}
