package dev.caravan.server.finetuning;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.SystemMemory;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.generate.ServedAdapter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Answers of a base and of the base with an adapter, always by the likeliest token. */
final class Answers {
    private static final GenerationListener SILENT = text -> {};

    /** So many run together. */
    private static final int TOGETHER = 8;

    private Answers() {}

    /** Asks both models all of a job's questions. */
    static List<BeforeAndAfter> compare(TrainJob job, BooleanSupplier cancelled) {
        int answerTokens = job.questions().answerTokens();
        int longest = job.questions().questions().stream()
                .mapToInt(question -> question.tokens().length)
                .max()
                .orElse(0);
        try (LanguageModel model = load(
                        job.model(),
                        job.base().quantization(),
                        longest + answerTokens,
                        job.adapter().baseHash());
                ServedAdapter adapter = model.serve("trained", job.adapter())) {
            List<Question> questions = job.questions().questions().stream()
                    .filter(question -> question.fits(model, answerTokens))
                    .toList();
            List<GenerationRequest> requests = new ArrayList<>();
            questions.forEach(question -> requests.add(request(question.tokens(), answerTokens, cancelled)));
            questions.forEach(question -> requests.add(
                    request(question.tokens(), answerTokens, cancelled).withAdapter(adapter, 1)));
            List<Generation> answers = ask(model, requests);
            List<BeforeAndAfter> both = new ArrayList<>();
            for (int i = 0; i < questions.size(); i++) {
                both.add(new BeforeAndAfter(
                        questions.get(i).text(),
                        text(answers.get(i)),
                        text(answers.get(questions.size() + i)),
                        questions.get(i).expected()));
            }
            return both;
        }
    }

    /** @param contextTokens no more than are needed, so that the cache stays small */
    static LanguageModel load(Path model, QuantizationConfig quantization, int contextTokens, String hash) {
        LoadOptions options = new LoadOptions(
                Runtime.getRuntime().availableProcessors(), contextTokens, SystemMemory.availableBytes());
        return LanguageModels.load(model, options.withQuantization(quantization), hash);
    }

    static GenerationRequest request(int[] prompt, int answerTokens, BooleanSupplier cancelled) {
        return new GenerationRequest(prompt, SamplingParameters.GREEDY, answerTokens, List.of(), cancelled);
    }

    private static List<Generation> ask(LanguageModel model, List<GenerationRequest> requests) {
        List<Generation> answers = new ArrayList<>();
        for (int from = 0; from < requests.size(); from += TOGETHER) {
            List<GenerationRequest> some = requests.subList(from, Math.min(requests.size(), from + TOGETHER));
            answers.addAll(model.generateAll(some, Collections.nCopies(some.size(), SILENT)));
        }
        return answers;
    }

    /** An answer that would have gone on says so. */
    static String text(Generation answer) {
        return answer.finishReason() == Generation.FinishReason.LENGTH ? answer.text() + " ..." : answer.text();
    }
}
