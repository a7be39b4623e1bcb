import Access
import Testing

@testable import Configuration

@Suite("The API over TCP in relay.conf")
struct AdminTests {
    private static let token = "[[admin.token]]\nname = \"ops\"\nhash = \"\(exampleTokenHash)\"\n"
    private static let certificate = "certificate = \"\(exampleCertificate)\"\n"

    @Test(
        "an address outside loopback needs a certificate",
        arguments: ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[fd00::1]:80"])
    func clearText(address: String) throws {
        let http = minimal + "[admin]\nhttp = \"\(address)\"\n"
        let found = problems(http + Self.token)
        #expect(
            found.count == 1 && found[0].contains("admin.http: \"\(address)\" is not a loopback address"), "\(found)")
        #expect(problems(http + Self.certificate + Self.token) == [])
        #expect(try configuration(http + Self.certificate + Self.token).http.tls != nil)
    }

    @Test("on loopback it needs none", arguments: ["127.0.0.1:80", "127.1.2.3:0", "[::1]:80"])
    func loopback(address: String) throws {
        let text = minimal + "[admin]\nhttp = \"\(address)\"\n" + Self.token
        #expect(problems(text) == [])
        #expect(try configuration(text).http.addresses.count == 1)
    }

    @Test("each address of a list is checked")
    func list() {
        let found = problems(minimal + "[admin]\nhttp = [\"127.0.0.1:80\", \"10.0.0.1:80\"]\n" + Self.token)
        #expect(found.count == 1 && found[0].contains("10.0.0.1:80"))
    }

    @Test("a token to hand in mail needs a user that exists; names are unique; without any, nobody can use it")
    func tokens() {
        func found(_ rest: String) -> [String] {
            problems(minimal + "[admin]\nhttp = \"127.0.0.1:80\"\n" + rest).map {
                String($0.drop { $0 != " " }.dropFirst())
            }
        }
        #expect(
            found("") == [
                "warning: admin.http: nobody can use it without a token; add an [[admin.token]] with the hash that "
                    + "\"posthorse token create\" prints"
            ])
        #expect(
            found(Self.token + "role = \"send\"\n") == [
                "admin.token.user: missing; name the [[user]] whose mail this token hands in"
            ])
        let twice = found(Self.token + Self.token)
        #expect(twice.count == 1 && twice[0].contains("\"ops\" is already used on line"))
        let user = "[[user]]\nname = \"app\"\npassword_hash = \"\(exampleHash)\"\n"
        #expect(found(Self.token + "role = \"send\"\nuser = \"app\"\n" + user) == [])
    }

    @Test("a certificate that does not exist, or that nothing serves, is a problem")
    func certificates() {
        let missing = problems(
            minimal + "[admin]\nhttp = \"127.0.0.1:80\"\ncertificate = \"/nowhere.pem\"\n" + Self.token)
        #expect(missing.count == 1 && missing[0].contains("admin.certificate: ") && missing[0].contains("/nowhere.pem"))
        let unused = problems(minimal + "[admin]\n" + Self.certificate)
        #expect(unused.count == 1 && unused[0].contains("warning: admin.certificate: is for http, which is not set"))
    }
}
