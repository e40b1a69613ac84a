/**
 * Files dropped outside of every field are read instead of being opened by the browser. Whatever else is dragged, such
 * as a word into a prompt, goes where the browser takes it; so does a file into a field for files.
 * @param {(files: FileList) => void} dropped
 */
export function takeDrops(dropped) {
  onFiles(document, (event) => {
    if (event.target instanceof Element && event.target.closest("input[type=file]")) return;
    event.preventDefault();
    if (event.type === "drop") dropped(event.dataTransfer.files);
  });
}

/**
 * @param {EventTarget} place
 * @param {(event: DragEvent) => void} take is told of files that are dragged over it or dropped there
 */
export function onFiles(place, take) {
  for (const type of ["dragover", "drop"]) {
    place.addEventListener(type, (event) => event.dataTransfer?.types.includes("Files") && take(event));
  }
}
