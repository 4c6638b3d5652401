// A worker that counts half seconds: a browser lets a page that nobody looks at count minutes only,
// and alarms have to be heard from there too.
setInterval(() => postMessage(0), 500);
