package dev.caravan.knowledge.parse;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Plain text and Markdown. Paragraphs are divided by blank lines; Markdown keeps its headings and list marks. */
final class TextFormat {

    private static final Pattern BLANK_LINES = Pattern.compile("\\n[ \\t]*\\n+");
    private static final Pattern IMAGE = Pattern.compile("!\\[([^\\]]*)]\\([^)\\s]*[^)]*\\)");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]+)]\\([^)\\s]*[^)]*\\)");
    private static final Pattern EMPHASIS = Pattern.compile("(\\*\\*|__)(?=\\S)(.+?)(?<=\\S)\\1");
    private static final Pattern COMMENT = Pattern.compile("<!--.*?-->", Pattern.DOTALL);
    private static final Pattern TABLE_ROW = Pattern.compile("^\\s*\\|.*\\|\\s*$");
    private static final Pattern TABLE_RULE = Pattern.compile("^\\s*\\|?[\\s:|-]*-{2,}[\\s:|-]*\\|?\\s*$");
    private static final Pattern HEADING = Pattern.compile("^#{1,6}\\s.*");

    private TextFormat() {}

    static void readText(String text, AnchoredTextBuilder out) {
        for (String block : BLANK_LINES.split(unixLines(text), -1)) {
            out.paragraph(block);
        }
    }

    static void readMarkdown(String text, AnchoredTextBuilder out) {
        String readable = COMMENT.matcher(unixLines(text)).replaceAll("");
        readable = IMAGE.matcher(readable).replaceAll("$1");
        readable = LINK.matcher(readable).replaceAll("$1");
        readable = EMPHASIS.matcher(readable).replaceAll("$2");
        for (String block : BLANK_LINES.split(readable, -1)) {
            readBlock(block, out);
        }
    }

    /** A block may mix headings, table rows and running lines without a blank line between them. */
    private static void readBlock(String block, AnchoredTextBuilder out) {
        StringBuilder running = new StringBuilder();
        boolean firstRow = true;
        for (String line : block.split("\n", -1)) {
            boolean row = TABLE_ROW.matcher(line).matches();
            boolean heading = HEADING.matcher(line).matches();
            if (row || heading) {
                out.paragraph(running.toString());
                running.setLength(0);
            }
            if (row) {
                if (!TABLE_RULE.matcher(line).matches()) {
                    out.row(cells(line), firstRow);
                }
                firstRow = false;
            } else if (heading) {
                out.paragraph(line);
                firstRow = true;
            } else {
                running.append(line).append('\n');
                firstRow = true;
            }
        }
        out.paragraph(running.toString());
    }

    private static List<String> cells(String line) {
        String inner = line.strip();
        List<String> cells = new ArrayList<>();
        for (String cell : inner.substring(1, inner.length() - 1).split("\\|", -1)) {
            cells.add(cell.strip());
        }
        return cells;
    }

    private static String unixLines(String text) {
        return text.replace("\r\n", "\n").replace('\r', '\n').replace('\f', '\n');
    }
}
