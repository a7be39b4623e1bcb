import OAuth
import Upstreams

@testable import Delivery

extension Plan {
    /// The relay gets the tokens of the first upstream's account by itself.
    mutating func giveTokens() {
        var account = OAuthSettings()
        account.clientID = "relay"
        settings.upstreams[0].username = "relay"
        settings.upstreams[0].password = nil
        settings.upstreams[0].oauth = account
        settings.upstreams[0].authWithoutTLS = true
        natures[0].authenticates = true
        natures[0].secret = SimulatedTokens.secret
        natures[0].hasTokens = true
        // Its circuit opens for want of a token, too.
        natures[0].isWell = false
        // Without a token it may be left alone for longer than a minute after all is well.
        settings.retry.max = max(settings.retry.max, .seconds(45))
    }

    /// Troubles of their endpoint.
    mutating func troubleTokens(_ chance: Chance) {
        for _ in 0..<chance.number(1...4) {
            let from = chance.duration(.zero...end)
            let trouble = chance.one(of: [SimulatedTokens.Weather.down, .silent, .slow, .refuses])
            events.append((from, .tokens(.turn(trouble))))
            events.append((from + chance.seconds(1...50), .tokens(.turn(.fine))))
        }
        for _ in 0..<chance.number(0...2) { events.append((chance.duration(.zero...end), .tokens(.revoke))) }
        events.sort { $0.at < $1.at }
    }
}
