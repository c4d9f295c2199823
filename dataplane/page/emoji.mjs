/* Emoji by name: ":smile" and TAB. */

const TABLE =
	"smile 😄 grin 😁 joy 😂 laugh 😆 wink 😉 blush 😊 cool 😎 love 😍 kiss 😘 " +
	"think 🤔 neutral 😐 roll 🙄 smirk 😏 sad 😢 cry 😭 angry 😠 rage 😡 " +
	"scream 😱 sleep 😴 sick 🤢 dizzy 😵 shush 🤫 hug 🤗 party 🥳 nerd 🤓 " +
	"devil 😈 ghost 👻 skull 💀 robot 🤖 alien 👽 cat 😺 thumbsup 👍 " +
	"thumbsdown 👎 ok 👌 clap 👏 wave 👋 pray 🙏 muscle 💪 point 👉 up 👆 " +
	"down 👇 fist ✊ victory ✌️ shrug 🤷 facepalm 🤦 heart ❤️ broken 💔 " +
	"sparkles ✨ star ⭐ fire 🔥 boom 💥 hundred 💯 check ✅ cross ❌ " +
	"warning ⚠️ question ❓ exclamation ❗ idea 💡 bell 🔔 lock 🔒 key 🔑 " +
	"tools 🛠️ bug 🐛 rocket 🚀 ship 🚢 car 🚗 train 🚆 plane ✈️ home 🏠 " +
	"office 🏢 world 🌍 sun ☀️ moon 🌙 cloud ☁️ rain 🌧️ snow ❄️ rainbow 🌈 " +
	"wave_sea 🌊 tree 🌳 flower 🌸 leaf 🍃 dog 🐶 mouse 🐭 fox 🦊 bear 🐻 " +
	"panda 🐼 penguin 🐧 bird 🐦 fish 🐟 bee 🐝 apple 🍎 banana 🍌 pizza 🍕 " +
	"cake 🍰 coffee ☕ tea 🍵 beer 🍺 wine 🍷 tada 🎉 gift 🎁 trophy 🏆 " +
	"medal 🏅 ball ⚽ music 🎵 art 🎨 camera 📷 phone 📱 computer 💻 mail 📧 " +
	"calendar 📅 clock 🕐 book 📖 pencil ✏️ clip 📎 pin 📌 chart 📈 money 💰 " +
	"hammer 🔨 gear ⚙️ link 🔗 eyes 👀 brain 🧠 baby 👶 recycle ♻️ anchor ⚓ " +
	"compass 🧭 map 🗺️ mountain ⛰️ tent ⛺";

const words = TABLE.split(" ");
export const EMOJI = words.flatMap((word, at) =>
	at % 2 === 0 ? [{ name: word, symbol: words[at + 1] }] : []);

/* Those whose name begins with 'start', then those that hold it. */
export function findEmoji(start, most) {
	const begin = EMOJI.filter((one) => one.name.startsWith(start));
	const hold = EMOJI.filter((one) => !one.name.startsWith(start) &&
		one.name.includes(start));

	return begin.concat(hold).slice(0, most);
}

/* 'text' with each ":name:" that is one replaced. */
export function replaceEmoji(text) {
	return text.replace(/:([a-z_]+):/g, (whole, name) =>
		EMOJI.find((one) => one.name === name)?.symbol ?? whole);
}
