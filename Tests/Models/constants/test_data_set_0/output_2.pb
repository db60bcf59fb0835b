B
add-floatsJh;@Ø¡L@œZ@PAö?¦@#¯1@