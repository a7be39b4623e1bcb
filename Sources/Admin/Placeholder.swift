enum Placeholder {}
import Hummingbird
import NIOHTTP1
