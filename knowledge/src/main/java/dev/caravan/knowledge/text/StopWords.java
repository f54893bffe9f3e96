package dev.caravan.knowledge.text;

import java.util.Set;

/** Words that say nothing about a text's subject, as stems. */
final class StopWords {

    private static final Set<String> KOREAN = Set.of(
            "하", "되", "있", "없", "이", "같", "위하", "대하", "따르", "통하", "않", "아니", "못하", "말", "보", "주", "받", "알", "알리", "대",
            "등", "때", "것", "수", "및", "그", "이것", "그것", "저", "우리", "무엇", "뭐", "누구", "언제", "어디", "얼마", "몇", "왜", "어떻",
            "어떠", "어떤", "경우", "관하", "의하", "인하", "싶", "좋", "만", "중", "후", "전", "더", "가", "오", "나오", "들", "놓", "두", "지",
            "시키", "당하", "이러", "그러", "이렇", "그렇");

    private static final Set<String> ENGLISH = Set.of(
            "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
            "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may",
            "me", "must", "my", "no", "not", "of", "on", "or", "our", "shall", "she", "should", "so", "such", "than",
            "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "was", "we",
            "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your");

    private StopWords() {}

    static boolean isKorean(String stem) {
        return KOREAN.contains(stem);
    }

    static boolean isEnglish(String word) {
        return ENGLISH.contains(word);
    }
}
