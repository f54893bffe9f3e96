package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.poi.openxml4j.util.ZipSecureFile;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.extractor.EmbeddedDocumentExtractor;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.parser.microsoft.OfficeParserConfig;
import org.apache.tika.parser.microsoft.ooxml.OOXMLParser;
import org.apache.tika.parser.pdf.PDFParser;
import org.apache.tika.parser.pdf.PDFParserConfig;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/** PDF and DOCX through Apache Tika. Embedded files are left unread: a document is what it shows. */
final class TikaFormats {

    private static final int MAXIMUM_ENTRIES = 10_000;

    private TikaFormats() {}

    static void readPdf(Path file, AnchoredTextBuilder out) throws IOException {
        PDFParserConfig config = new PDFParserConfig();
        config.setOcrStrategy(PDFParserConfig.OCR_STRATEGY.NO_OCR);
        config.setExtractInlineImages(false);
        config.setExtractBookmarksText(false);
        config.setExtractAnnotationText(false);
        config.setSortByPosition(false);
        ParseContext context = new ParseContext();
        context.set(PDFParserConfig.class, config);
        parse(new PDFParser(), file, new XhtmlBlocks(out, true), context);
    }

    static void readDocx(Path file, AnchoredTextBuilder out) throws IOException {
        ZipSecureFile.setMaxFileCount(MAXIMUM_ENTRIES);
        OfficeParserConfig config = new OfficeParserConfig();
        config.setUseSAXDocxExtractor(true);
        config.setIncludeDeletedContent(false);
        config.setIncludeMoveFromContent(false);
        config.setIncludeHeadersAndFooters(false);
        ParseContext context = new ParseContext();
        context.set(OfficeParserConfig.class, config);
        parse(new OOXMLParser(), file, new XhtmlBlocks(out, false), context);
    }

    private static void parse(Parser parser, Path file, ContentHandler handler, ParseContext context)
            throws IOException {
        context.set(EmbeddedDocumentExtractor.class, new NoEmbeddedDocuments());
        try (TikaInputStream stream = TikaInputStream.get(file)) {
            parser.parse(stream, handler, new Metadata(), context);
        } catch (EncryptedDocumentException e) {
            throw FileTypeDetector.encrypted();
        } catch (TikaException | SAXException e) {
            if (e.getCause() instanceof DocumentParseException own) {
                throw own;
            }
            if (String.valueOf(e.getMessage()).contains("Zip bomb")) {
                throw ZipGuard.bomb();
            }
            throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e);
        }
    }

    /** Refuses every embedded file. */
    private static final class NoEmbeddedDocuments implements EmbeddedDocumentExtractor {
        @Override
        public boolean shouldParseEmbedded(Metadata metadata) {
            return false;
        }

        @Override
        public void parseEmbedded(
                java.io.InputStream stream, ContentHandler handler, Metadata metadata, boolean outputHtml) {
            throw new IllegalStateException("embedded files are not read");
        }
    }
}
