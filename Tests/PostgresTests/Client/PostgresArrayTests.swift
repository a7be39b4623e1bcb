import Testing

@testable import Postgres

@Suite("Arrays in binary form")
struct PostgresArrayTests {
    @Test("count their elements, and keep each behind its length")
    func lengths() {
        var array = PostgresArray(.text)
        array.append("ab")
        array.appendNull()
        #expect(array.count == 2)
        #expect(array.hasNull)
        #expect(array.octets == [0, 0, 0, 2, 0x61, 0x62, 255, 255, 255, 255])
    }
}
