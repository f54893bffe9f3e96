package dev.caravan.server;

/** Korean texts of this project's own, to ask about. */
final class SampleDocuments {

    static final String LEAVE_RULES = """
            # 휴가 규정

            제1조 이 규정은 낙타상사 직원의 휴가를 정한다.

            제2조 연차 유급휴가는 1년 동안 80퍼센트 이상 출근한 직원에게 15일을 준다. 3년 이상 근속한 직원에게는 2년마다 하루를 더한다.

            제3조 경조 휴가는 본인이 결혼할 때 5일, 자녀가 결혼할 때 1일을 준다.

            제4조 병가는 진단서를 내면 한 해에 30일까지 쓸 수 있다. 사흘 이하의 병가에는 진단서가 필요 없다.
            """;

    static final String SECURITY_RULES = """
            # 정보 보안 지침

            비밀번호는 열두 글자 이상이어야 하고 석 달마다 바꾼다.

            회사 노트북을 잃어버리면 한 시간 안에 보안팀(내선 7119)에 알린다.

            외부 저장 장치는 보안팀의 승인을 받은 것만 쓴다.
            """;

    private SampleDocuments() {}
}
