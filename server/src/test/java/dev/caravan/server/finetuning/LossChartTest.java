package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.finetuning.LossChart.Point;
import java.io.StringReader;
import java.util.List;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class LossChartTest {

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static List<Element> elements(Document document, String name) {
        NodeList found = document.getElementsByTagName(name);
        return LongStream.range(0, found.getLength())
                .mapToObj(i -> (Element) found.item((int) i))
                .toList();
    }

    @Test
    void aHigherLossStandsHigherAndALaterStepFurtherRight() throws Exception {
        Document svg = parsed(LossChart.svg(
                "run",
                List.of(new Point(1, 4), new Point(2, 2), new Point(3, 1)),
                List.of(new Point(0, 4), new Point(3, 1))));
        List<Element> circles = elements(svg, "circle").stream()
                .filter(circle -> Double.parseDouble(circle.getAttribute("cy")) > 50)
                .toList();
        assertThat(circles).hasSize(2);
        assertThat(Double.parseDouble(circles.getFirst().getAttribute("cy")))
                .isLessThan(Double.parseDouble(circles.getLast().getAttribute("cy")));
        assertThat(Double.parseDouble(circles.getFirst().getAttribute("cx")))
                .isLessThan(Double.parseDouble(circles.getLast().getAttribute("cx")));
        assertThat(elements(svg, "path")).hasSize(3);
    }

    @Test
    void axesHaveUnitsAndRoundNumbers() throws Exception {
        Document svg = parsed(LossChart.svg("run", List.of(new Point(1, 3.7), new Point(90, 0.4)), List.of()));
        List<String> words =
                elements(svg, "text").stream().map(Element::getTextContent).toList();
        assertThat(words).contains("step", "loss (nats per learned token)", "0.5", "3.5", "20", "80");
        assertThat(words).doesNotContain("held-out");
    }

    @Test
    void wordsOfAFileNameStayWords() throws Exception {
        String svg = LossChart.svg("</title><script>&\"\u0007", List.of(new Point(1, 1)), List.of());
        assertThat(elements(parsed(svg), "script")).isEmpty();
        assertThat(svg).doesNotContain("<script>");
    }

    @Test
    void manyStepsShareAPointAndNothingBreaksWithoutAny() throws Exception {
        List<Point> many = LongStream.rangeClosed(1, 40_000)
                .mapToObj(step -> new Point(step, 1.0 / step))
                .toList();
        assertThat(LossChart.svg("run", many, List.of()).length()).isLessThan(80_000);
        assertThat(elements(parsed(LossChart.svg("run", List.of(), List.of())), "path"))
                .isEmpty();
        assertThat(LossChart.svg("run", List.of(new Point(1, Double.NaN), new Point(2, 1)), List.of()))
                .doesNotContain("NaN");
    }

    @Test
    void itFollowsTheReadersScheme() {
        assertThat(LossChart.svg("run", List.of(), List.of())).contains("prefers-color-scheme: dark");
    }
}
