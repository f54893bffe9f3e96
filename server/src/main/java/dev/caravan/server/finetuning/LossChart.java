package dev.caravan.server.finetuning;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The curves of a training as an SVG picture: the loss of each step, its running mean, and the held-out loss. It follows the
 * reader's light or dark scheme, and the curves differ by more than their colours.
 */
final class LossChart {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 400;
    private static final int LEFT = 64;
    private static final int RIGHT = 20;
    private static final int TOP = 58;
    private static final int BOTTOM = 52;
    private static final int MOST_TICKS = 8;

    /** Above this many steps several share one point, so that the file stays small. */
    private static final int MOST_POINTS = 1500;

    /** How much of the running mean is kept at each step. */
    private static final double KEPT = 0.9;

    /** Words and curves stand out from their paper by 4.5 and more; single steps, which only blur the mean, by less. */
    private static final String STYLE = """
            <style>
            .paper { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e }
            .grid { stroke: #d1d9e0 } .axis { stroke: #59636e }
            .step { stroke: #9ec1ea } .mean { stroke: #0969da } .held { stroke: #bc4c00; fill: #bc4c00 }
            @media (prefers-color-scheme: dark) {
            .paper { fill: #0d1117 } .ink { fill: #f0f6fc } .soft { fill: #9198a1 }
            .grid { stroke: #2f353d } .axis { stroke: #9198a1 }
            .step { stroke: #1f4a7d } .mean { stroke: #4493f8 } .held { stroke: #f0883e; fill: #f0883e }
            }
            text { font-family: system-ui, sans-serif; font-size: 13px }
            path { fill: none; stroke-linejoin: round }
            </style>
            """;

    /**
     * One value.
     *
     * @param step counted from 1; 0 is before the first step
     * @param loss in nats for each learned token
     */
    record Point(long step, double loss) {}

    private LossChart() {}

    /**
     * The picture.
     *
     * @param title stands above it
     * @param training of each step, in order
     * @param heldOut of each evaluation, in order; may be empty
     */
    static String svg(String title, List<Point> training, List<Point> heldOut) {
        List<Point> finite =
                training.stream().filter(point -> Double.isFinite(point.loss())).toList();
        long last = Math.max(lastStep(finite), lastStep(heldOut));
        Scale across = Scale.of(0, (double) Math.max(1, last), true);
        List<Double> losses = new ArrayList<>();
        finite.forEach(point -> losses.add(point.loss()));
        heldOut.forEach(point -> losses.add(point.loss()));
        Scale up = Scale.of(
                0, losses.stream().mapToDouble(Double::doubleValue).max().orElse(1), false);
        StringBuilder svg = new StringBuilder(16_384);
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\">%n",
                WIDTH,
                HEIGHT));
        svg.append("<title id=\"t\">").append(escaped(title)).append("</title>\n");
        svg.append("<desc id=\"d\">").append(description(finite, heldOut)).append("</desc>\n");
        svg.append(STYLE);
        svg.append(String.format(
                Locale.ROOT, "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"6\"/>%n", WIDTH, HEIGHT));
        svg.append(text("ink", LEFT, 24, "start", title));
        axes(svg, across, up);
        List<Point> shown = thinned(finite);
        path(svg, "step", 1, shown, across, up);
        path(svg, "mean", 2.5, thinned(runningMean(finite)), across, up);
        heldOut(svg, heldOut, across, up);
        legend(svg, heldOut.isEmpty());
        return svg.append("</svg>\n").toString();
    }

    private static long lastStep(List<Point> points) {
        return points.isEmpty() ? 0 : points.getLast().step();
    }

    private static String description(List<Point> training, List<Point> heldOut) {
        String steps = training.isEmpty()
                ? "No step was taken."
                : String.format(
                        Locale.ROOT,
                        "Training loss from %.3f at step %d to %.3f at step %d.",
                        training.getFirst().loss(),
                        training.getFirst().step(),
                        training.getLast().loss(),
                        training.getLast().step());
        return heldOut.isEmpty()
                ? steps
                : steps
                        + String.format(
                                Locale.ROOT,
                                " Held-out loss from %.3f to %.3f.",
                                heldOut.getFirst().loss(),
                                heldOut.getLast().loss());
    }

    private static void axes(StringBuilder svg, Scale across, Scale up) {
        int right = WIDTH - RIGHT;
        int bottom = HEIGHT - BOTTOM;
        for (double tick : up.ticks()) {
            double y = y(up, tick);
            svg.append(line("grid", LEFT, y, right, y));
            svg.append(text("soft", LEFT - 8, y + 4, "end", up.label(tick)));
        }
        for (double tick : across.ticks()) {
            double x = x(across, tick);
            svg.append(line("axis", x, bottom, x, bottom + 5));
            svg.append(text("soft", x, bottom + 20, "middle", across.label(tick)));
        }
        svg.append(line("axis", LEFT, bottom, right, bottom));
        svg.append(line("axis", LEFT, TOP, LEFT, bottom));
        svg.append(text("ink", (LEFT + right) / 2.0, HEIGHT - 10, "middle", "step"));
        double middle = (TOP + bottom) / 2.0;
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"ink\" text-anchor=\"middle\" transform=\"translate(18 %.1f) rotate(-90)\">"
                        + "loss (nats per learned token)</text>%n",
                middle));
    }

    private static void legend(StringBuilder svg, boolean hasNoHeldOut) {
        int y = TOP - 14;
        svg.append(stroke("step", 1, LEFT, y, LEFT + 24, y))
                .append(text("soft", LEFT + 30, y + 4, "start", "each step"));
        int mean = LEFT + 120;
        svg.append(stroke("mean", 2.5, mean, y, mean + 24, y))
                .append(text("soft", mean + 30, y + 4, "start", "running mean"));
        if (!hasNoHeldOut) {
            int held = LEFT + 270;
            svg.append(stroke("held", 2, held, y, held + 24, y))
                    .append(circle(held + 12.0, y))
                    .append(text("soft", held + 30, y + 4, "start", "held-out"));
        }
    }

    private static void heldOut(StringBuilder svg, List<Point> points, Scale across, Scale up) {
        path(svg, "held", 2, points, across, up);
        points.forEach(point -> svg.append(circle(x(across, (double) point.step()), y(up, point.loss()))));
    }

    private static void path(StringBuilder svg, String kind, double width, List<Point> points, Scale across, Scale up) {
        if (points.size() < 2) {
            return;
        }
        String line = points.stream()
                .map(point ->
                        String.format(Locale.ROOT, "%.1f %.1f", x(across, (double) point.step()), y(up, point.loss())))
                .collect(Collectors.joining("L", "M", ""));
        svg.append(String.format(
                Locale.ROOT,
                "<path class=\"%s\" style=\"fill: none\" stroke-width=\"%.1f\" d=\"%s\"/>%n",
                kind,
                width,
                line));
    }

    /** An exponential mean, its beginning made up for as in Adam: of few steps it is their plain mean. */
    private static List<Point> runningMean(List<Point> points) {
        List<Point> means = new ArrayList<>();
        double sum = 0;
        double weights = 0;
        for (Point point : points) {
            sum = KEPT * sum + point.loss();
            weights = KEPT * weights + 1;
            means.add(new Point(point.step(), sum / weights));
        }
        return means;
    }

    /** Neighbours averaged into at most {@value #MOST_POINTS} points. */
    private static List<Point> thinned(List<Point> points) {
        int together = (points.size() + MOST_POINTS - 1) / MOST_POINTS;
        if (together <= 1) {
            return points;
        }
        List<Point> fewer = new ArrayList<>();
        for (int from = 0; from < points.size(); from += together) {
            List<Point> group = points.subList(from, Math.min(points.size(), from + together));
            fewer.add(new Point(
                    group.getLast().step(),
                    group.stream().mapToDouble(Point::loss).average().orElse(0)));
        }
        return fewer;
    }

    private static double x(Scale across, double step) {
        return LEFT + across.share(step) * (WIDTH - RIGHT - LEFT);
    }

    private static double y(Scale up, double loss) {
        return HEIGHT - BOTTOM - up.share(loss) * (HEIGHT - BOTTOM - TOP);
    }

    private static String line(String kind, double x1, double y1, double x2, double y2) {
        return stroke(kind, 1, x1, y1, x2, y2);
    }

    private static String stroke(String kind, double width, double x1, double y1, double x2, double y2) {
        return String.format(
                Locale.ROOT,
                "<line class=\"%s\" stroke-width=\"%.1f\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                kind,
                width,
                x1,
                y1,
                x2,
                y2);
    }

    private static String circle(double x, double y) {
        return String.format(Locale.ROOT, "<circle class=\"held\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>%n", x, y);
    }

    private static String text(String kind, double x, double y, String anchor, String words) {
        return String.format(
                Locale.ROOT,
                "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                kind,
                x,
                y,
                anchor,
                escaped(words));
    }

    /** Words from a file's name must stay words. */
    private static String escaped(String words) {
        return words.replaceAll("\\p{Cc}", " ")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /**
     * An axis with round numbers.
     *
     * @param step between two ticks
     */
    private record Scale(double from, double to, double step) {

        static Scale of(double from, double to, boolean isWhole) {
            double span = to > from && Double.isFinite(to) ? to - from : 1;
            double rough = span / MOST_TICKS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double step = power;
            for (double factor : new double[] {1, 2, 5, 10}) {
                if (factor * power >= rough) {
                    step = factor * power;
                    break;
                }
            }
            if (isWhole) {
                step = Math.max(1, step);
            }
            return new Scale(from, isWhole ? to : from + Math.ceil(span / step) * step, step);
        }

        double share(double value) {
            return (value - from) / (to - from);
        }

        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (int i = 0; from + i * step <= to + step / 1000 && i <= 2 * MOST_TICKS; i++) {
                ticks.add(from + i * step);
            }
            return ticks;
        }

        String label(double tick) {
            int digits = (int) Math.max(0, -Math.floor(Math.log10(step)));
            return String.format(Locale.ROOT, "%." + digits + "f", tick);
        }
    }
}
