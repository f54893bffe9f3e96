"""The fixed prompts, written for this test. `window` is longer than Gemma 3's sliding window of 512 tokens."""

PROMPTS = {
    "korean-capital": "대한민국의 수도는",
    "korean-story": "옛날 옛적 깊은 산골 마을에 나무꾼 한 사람이 살았습니다. 어느 날 나무꾼은",
    "korean-notice": "제3조(신청 방법) 보조금을 신청하려는 사람은 다음 각 호의 서류를",
    "english-science": "Water boils at a lower temperature on a mountain because",
    "english-letter": "Dear Ms. Park,\n\nThank you for your letter of 3 March. We are",
    "code-java": "public final class Fibonacci {\n    /** The n-th Fibonacci number. */\n    static long fibonacci(int n) {\n",
    "code-python": "def is_prime(n):\n    if n < 2:\n        return False\n",
    "numbers": "1, 2, 4, 8, 16, 32,",
    "table": "| 도시 | 인구 |\n|---|---|\n| 서울 | 9,400,000 |\n| 부산 |",
    "mixed": "RAG(Retrieval-Augmented Generation)란 무엇인가? 🙂 RAG는",
    "window": "".join(
        f"Caravan {day} left the well on day {day} with {7 * day % 23 + 2} camels, salt and dates, "
        f"and {day}번째 대상은 {day * 3}일 만에 돌아왔다.\n"
        for day in range(1, 29)
    )
    + "Caravan 29 left the well on day 29 with",
}
