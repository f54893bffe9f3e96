package dev.caravan.server.finetuning;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.train.dataset.RowProblem;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training leaves for people: a page with its numbers, its curve and the answers before and after.
 *
 * @param title the adapter's name
 * @param facts what was trained how, each with its name, in the order of the page
 * @param nextSteps commands that a person may want to run now
 */
record Report(
        String title,
        Map<String, String> facts,
        List<BeforeAndAfter> answers,
        List<RowProblem> leftOut,
        List<String> nextSteps) {
    static final String PAGE = "report.md";
    static final String CHART = "loss.svg";

    Report {
        facts = new LinkedHashMap<>(facts);
        answers = List.copyOf(answers);
        leftOut = List.copyOf(leftOut);
        nextSteps = List.copyOf(nextSteps);
    }

    /**
     * Writes the page and the picture.
     *
     * @param training the loss of each step
     * @param heldOut the held-out losses, 0 for the one before the first step
     * @throws UncheckedIOException if the disk is full
     */
    void write(Path folder, List<LossChart.Point> training, List<LossChart.Point> heldOut) {
        AtomicFile.write(
                folder.resolve(CHART), LossChart.svg(title, training, heldOut).getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(folder.resolve(PAGE), page().getBytes(StandardCharsets.UTF_8));
    }

    String page() {
        StringBuilder page = new StringBuilder(4096);
        page.append("# ").append(escaped(title)).append("\n\n| | |\n|---|---|\n");
        facts.forEach((name, value) ->
                page.append("| %s | %s |%n".formatted(name, escaped(value).replace("|", "\\|"))));
        page.append("\n![Loss of each step and held-out loss](").append(CHART).append(")\n");
        if (!answers.isEmpty()) {
            page.append(
                    "\n## Answers before and after\n\nThe likeliest token each time, so that they can be repeated.\n");
            answers.forEach(answer -> append(page, answer));
        }
        if (!leftOut.isEmpty()) {
            page.append("\n## Rows that were left out\n\n");
            leftOut.forEach(problem ->
                    page.append("- ").append(escaped(problem.toString())).append('\n'));
        }
        if (!nextSteps.isEmpty()) {
            page.append("\n## What now\n\n```\n");
            nextSteps.forEach(step -> page.append(step).append('\n'));
            page.append("```\n");
        }
        return page.toString();
    }

    private static void append(StringBuilder page, BeforeAndAfter answer) {
        page.append("\n### ")
                .append(escaped(answer.question()).replace('\n', ' '))
                .append("\n\n");
        page.append("Before:\n").append(quoted(answer.before()));
        page.append("\nAfter:\n").append(quoted(answer.after()));
        if (!answer.expected().isEmpty()) {
            page.append("\nIn the data:\n").append(quoted(answer.expected()));
        }
    }

    private static String quoted(String text) {
        String shown = text.isBlank() ? "(nothing)" : escaped(text.strip());
        return "> " + shown.replace("\n", "  \n> ") + "\n";
    }

    /** A model's words stay words, whatever they look like. */
    private static String escaped(String text) {
        return ExampleText.printable(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("`", "\\`")
                .replace("*", "\\*")
                .replace("_", "\\_")
                .replace("[", "\\[")
                .replace("#", "\\#");
    }
}
